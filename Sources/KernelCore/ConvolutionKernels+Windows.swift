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
  /// The distance to the same window of the next image.
  @usableFromInline var imageStep = 0
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

/// A place among the windows of some images, from left to right, from top to bottom, and from image to image.
@usableFromInline
struct WindowCursor {
  @usableFromInline var image: UnsafePointer<Float>
  @usableFromInline var row: UnsafePointer<Float>
  @usableFromInline var column = 0
  @usableFromInline var line = 0
  /// The rows of each image.
  @usableFromInline let lines: Int

  @inlinable @inline(__always)
  init(_ start: UnsafePointer<Float>, lines: Int) {
    image = start
    row = start
    self.lines = lines
  }

  @inlinable @inline(__always)
  mutating func next(_ product: WindowProduct) -> UnsafePointer<Float> {
    let window = row + column * product.columnStep
    column += 1
    if column == product.width {
      column = 0
      line += 1
      row += product.rowStep
      if line == lines {
        line = 0
        image += product.imageStep
        row = image
      }
    }
    return window
  }
}

/// A part of the elements of all windows: some elements of some kernel rows.
@usableFromInline
struct WindowPart {
  @usableFromInline var kernelRows: Range<Int>
  @usableFromInline var runs: Range<Int>
  @usableFromInline var elements: Range<Int>
  /// The elements before this part.
  @usableFromInline var first: Int

  @inlinable @inline(__always)
  init(kernelRows: Range<Int>, runs: Range<Int>, elements: Range<Int>, first: Int) {
    self.kernelRows = kernelRows
    self.runs = runs
    self.elements = elements
    self.first = first
  }
}

extension ConvolutionKernels {
  /// The elements whose weights, two registers of each, fill half a first-level cache.
  @inlinable
  static var partElements: Int { @inline(__always) get { 3072 / V.laneCount } }

  /// Computes the windows of `rows` of each image into `target`, (images, windows, registers, lanes).
  ///
  /// Where a window has many elements, all windows get a part of them before the next part: its weights then stay in the first-level
  /// cache. Sums are kept in `target` meanwhile, and have the same order.
  @inlinable @inline(__always)
  static func products(
    _ product: WindowProduct, rows: Range<Int>, images: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let count = images * rows.count * product.width
    let cursor = WindowCursor(product.source + rows.lowerBound * product.rowStep, lines: rows.count)
    var register = 0
    while register < product.registers {
      let isPair = register + 2 <= product.registers
      if product.depth <= partElements {
        let whole = WindowPart(
          kernelRows: 0..<product.kernelRows, runs: 0..<product.runsPerRow, elements: 0..<product.runLength, first: 0)
        windowTiles(product, cursor, whole, register, isPair: isPair, count, target)
      } else {
        var first = 0
        for kernelRow in 0..<product.kernelRows {
          for run in 0..<product.runsPerRow {
            var element = 0
            while element < product.runLength {
              // Parts of about one size.
              let parts = (product.runLength - element + partElements - 1) / partElements
              let end = element + (product.runLength - element + parts - 1) / parts
              let part = WindowPart(
                kernelRows: kernelRow..<kernelRow + 1, runs: run..<run + 1, elements: element..<end, first: first)
              windowTiles(product, cursor, part, register, isPair: isPair, count, target)
              first += end - element
              element = end
            }
          }
        }
      }
      register += isPair ? 2 : 1
    }
  }

  /// Adds a part of all windows' elements to their sums.
  @inlinable @inline(__always)
  static func windowTiles(
    _ product: WindowProduct, _ start: WindowCursor, _ part: WindowPart, _ register: Int, isPair: Bool, _ count: Int,
    _ target: UnsafeMutablePointer<Float>
  ) {
    var (cursor, position) = (start, 0)
    if isPair {
      while position + 6 <= count {
        windowTile(product, &cursor, part, register, position, target, Tile<6, 2>.self)
        position += 6
      }
      while position + 4 <= count {
        windowTile(product, &cursor, part, register, position, target, Tile<4, 2>.self)
        position += 4
      }
      while position < count {
        windowTile(product, &cursor, part, register, position, target, Tile<1, 2>.self)
        position += 1
      }
    } else {
      while position + 8 <= count {
        windowTile(product, &cursor, part, register, position, target, Tile<8, 1>.self)
        position += 8
      }
      while position + 4 <= count {
        windowTile(product, &cursor, part, register, position, target, Tile<4, 1>.self)
        position += 4
      }
      while position < count {
        windowTile(product, &cursor, part, register, position, target, Tile<1, 1>.self)
        position += 1
      }
    }
  }

  @inlinable @inline(__always)
  static func windowTile<let windows: Int, let registers: Int>(
    _ product: WindowProduct, _ cursor: inout WindowCursor, _ part: WindowPart, _ register: Int, _ position: Int,
    _ target: UnsafeMutablePointer<Float>, _: Tile<windows, registers>.Type
  ) {
    let stride = product.registers * V.laneCount
    let place = target + (position * stride + register * V.laneCount)
    var sums = InlineArray<windows, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
    if part.first > 0 {
      for i in 0..<windows {
        for j in 0..<registers {
          sums[unchecked: i][unchecked: j] = V(loading: place + (i * stride + j * V.laneCount))
        }
      }
    } else if let bias = product.bias {
      for j in 0..<registers {
        let value = V(loading: bias + (register + j) * V.laneCount)
        for i in 0..<windows { sums[unchecked: i][unchecked: j] = value }
      }
    }
    var sources = InlineArray<windows, UnsafePointer<Float>>(repeating: product.source)
    for i in 0..<windows { sources[unchecked: i] = cursor.next(product) }
    var weights =
      product.weights + (register * V.laneCount * product.depth + part.first * registers * V.laneCount)
    for kernelRow in part.kernelRows {
      for run in part.runs {
        let offset = kernelRow * product.kernelRowStep + run * product.runStep + part.elements.lowerBound
        var runs = sources
        for i in 0..<windows { runs[unchecked: i] = sources[unchecked: i] + offset }
        for element in 0..<part.elements.count {
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
    for i in 0..<windows {
      for j in 0..<registers {
        sums[unchecked: i][unchecked: j].store(to: place + (i * stride + j * V.laneCount))
      }
    }
  }
}
