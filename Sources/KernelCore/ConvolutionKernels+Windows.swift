// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The products of all windows of a packed image with a panel of weights.
@usableFromInline
struct WindowProduct {
  /// The first window's first element.
  @usableFromInline var source: UnsafePointer<Float>
  /// The distance to the window below, and to the window on the right.
  @usableFromInline var rowStep: Int
  @usableFromInline var columnStep: Int
  /// The windows of one row.
  @usableFromInline var width: Int
  /// The kernel's rows, and the runs of memory in each.
  @usableFromInline var kernelRows: Int
  @usableFromInline var runsPerRow: Int
  @usableFromInline var runLength: Int
  /// The distances between two kernel rows, and between two runs of one.
  @usableFromInline var kernelRowStep: Int
  @usableFromInline var runStep: Int
  /// (pairs of registers, kernel elements, lanes).
  @usableFromInline var weights: UnsafePointer<Float>
  /// (registers, lanes), or nil for none.
  @usableFromInline var bias: UnsafePointer<Float>?
  /// The registers that one window's products fill.
  @usableFromInline var registers: Int

  @inlinable @inline(__always)
  init(
    source: UnsafePointer<Float>, rowStep: Int, columnStep: Int, width: Int, kernelRows: Int, runsPerRow: Int,
    runLength: Int, kernelRowStep: Int, runStep: Int, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    registers: Int
  ) {
    self.source = source
    self.rowStep = rowStep
    self.columnStep = columnStep
    self.width = width
    self.kernelRows = kernelRows
    self.runsPerRow = runsPerRow
    self.runLength = runLength
    self.kernelRowStep = kernelRowStep
    self.runStep = runStep
    self.weights = weights
    self.bias = bias
    self.registers = registers
  }

  /// The elements of one window.
  @inlinable var depth: Int { @inline(__always) get { kernelRows * runsPerRow * runLength } }
}

/// A place among the windows, from left to right and from top to bottom.
@usableFromInline
struct WindowCursor {
  @usableFromInline var row: UnsafePointer<Float>
  @usableFromInline var column: Int

  @inlinable @inline(__always)
  init(row: UnsafePointer<Float>) {
    self.row = row
    column = 0
  }

  @inlinable @inline(__always)
  mutating func next(_ product: WindowProduct) -> UnsafePointer<Float> {
    let window = row + column * product.columnStep
    column += 1
    if column == product.width {
      column = 0
      row += product.rowStep
    }
    return window
  }
}

extension ConvolutionKernels {
  /// Computes the windows of `rows` into `target`, (windows, registers, lanes).
  @inlinable @inline(__always)
  static func products(_ product: WindowProduct, rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let count = rows.count * product.width
    let start = product.source + rows.lowerBound * product.rowStep
    var register = 0
    while register + 2 <= product.registers {
      var cursor = WindowCursor(row: start)
      var position = 0
      while position + 6 <= count {
        windowTile(product, &cursor, register, position, target, Tile<6, 2>.self)
        position += 6
      }
      while position + 4 <= count {
        windowTile(product, &cursor, register, position, target, Tile<4, 2>.self)
        position += 4
      }
      while position < count {
        windowTile(product, &cursor, register, position, target, Tile<1, 2>.self)
        position += 1
      }
      register += 2
    }
    if register < product.registers {
      var cursor = WindowCursor(row: start)
      var position = 0
      while position + 8 <= count {
        windowTile(product, &cursor, register, position, target, Tile<8, 1>.self)
        position += 8
      }
      while position + 4 <= count {
        windowTile(product, &cursor, register, position, target, Tile<4, 1>.self)
        position += 4
      }
      while position < count {
        windowTile(product, &cursor, register, position, target, Tile<1, 1>.self)
        position += 1
      }
    }
  }

  @inlinable @inline(__always)
  static func windowTile<let windows: Int, let registers: Int>(
    _ product: WindowProduct, _ cursor: inout WindowCursor, _ register: Int, _ position: Int,
    _ target: UnsafeMutablePointer<Float>, _: Tile<windows, registers>.Type
  ) {
    var sums = InlineArray<windows, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
    if let bias = product.bias {
      for j in 0..<registers {
        let value = V(loading: bias + (register + j) * V.laneCount)
        for i in 0..<windows { sums[unchecked: i][unchecked: j] = value }
      }
    }
    var sources = InlineArray<windows, UnsafePointer<Float>>(repeating: product.source)
    for i in 0..<windows { sources[unchecked: i] = cursor.next(product) }
    var weights = product.weights + register * V.laneCount * product.depth
    for kernelRow in 0..<product.kernelRows {
      for run in 0..<product.runsPerRow {
        let offset = kernelRow * product.kernelRowStep + run * product.runStep
        var runs = sources
        for i in 0..<windows { runs[unchecked: i] = sources[unchecked: i] + offset }
        for element in 0..<product.runLength {
          var factors = InlineArray<registers, V>(repeating: V.zero)
          for j in 0..<registers { factors[unchecked: j] = V(loading: weights + j * V.laneCount) }
          for i in 0..<windows {
            let value = V(repeating: runs[unchecked: i][element])
            for j in 0..<registers {
              sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
                value, factors[unchecked: j])
            }
          }
          weights += registers * V.laneCount
        }
      }
    }
    let stride = product.registers * V.laneCount
    for i in 0..<windows {
      for j in 0..<registers {
        sums[unchecked: i][unchecked: j].store(to: target + ((position + i) * stride + (register + j) * V.laneCount))
      }
    }
  }
}
