// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Y = X·Wᵀ + b for a block of rows, or the positive part of it.
public struct DotProductsArguments {
  /// X, (rows, inputs).
  public var input: UnsafePointer<Float>
  /// W, (outputs, inputs).
  public var weight: UnsafePointer<Float>
  /// b, (outputs), or nil for none.
  public var bias: UnsafePointer<Float>?
  /// Y, (rows, outputs).
  public var output: UnsafeMutablePointer<Float>
  public var rectifies: Bool
  public var rows: Int
  public var inputs: Int
  public var outputs: Int

  @inlinable
  public init(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    output: UnsafeMutablePointer<Float>, rectifies: Bool, rows: Int, inputs: Int, outputs: Int
  ) {
    self.input = input
    self.weight = weight
    self.bias = bias
    self.output = output
    self.rectifies = rectifies
    self.rows = rows
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// C = A·B, where B's rows are contiguous and A is read through two strides, so that it may be transposed.
public struct RowCombinationArguments {
  /// A, element (row, term) at `row·coefficientRowStride + term·coefficientTermStride`.
  public var coefficients: UnsafePointer<Float>
  public var coefficientRowStride: Int
  public var coefficientTermStride: Int
  /// B, (terms, width).
  public var vectors: UnsafePointer<Float>
  /// C, (rows, width).
  public var output: UnsafeMutablePointer<Float>
  public var rows: Int
  public var terms: Int
  public var width: Int

  @inlinable
  public init(
    coefficients: UnsafePointer<Float>, coefficientRowStride: Int, coefficientTermStride: Int,
    vectors: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, rows: Int, terms: Int, width: Int
  ) {
    self.coefficients = coefficients
    self.coefficientRowStride = coefficientRowStride
    self.coefficientTermStride = coefficientTermStride
    self.vectors = vectors
    self.output = output
    self.rows = rows
    self.terms = terms
    self.width = width
  }
}

/// The products of linear layers.
///
/// Every output element is summed in one order, whatever tile it falls into: that is what makes the result independent
/// of how rows and units are shared out among threads.
public enum LinearKernels<V: KernelVector> {
  @inlinable @inline(__always)
  public static func dotProducts(_ call: DotProductsArguments) {
    var row = 0
    while row + 4 <= call.rows {
      dotProductRows(call, row, wide: Tile<4, 3>.self, narrow: Tile<4, 1>.self)
      row += 4
    }
    while row + 2 <= call.rows {
      dotProductRows(call, row, wide: Tile<2, 4>.self, narrow: Tile<2, 1>.self)
      row += 2
    }
    while row < call.rows {
      dotProductRows(call, row, wide: Tile<1, 4>.self, narrow: Tile<1, 1>.self)
      row += 1
    }
  }

  @inlinable @inline(__always)
  static func dotProductRows<let rows: Int, let columns: Int>(
    _ call: DotProductsArguments, _ row: Int, wide: Tile<rows, columns>.Type, narrow: Tile<rows, 1>.Type
  ) {
    var column = 0
    while column + columns <= call.outputs {
      dotProductTile(call, row, column, wide)
      column += columns
    }
    while column < call.outputs {
      dotProductTile(call, row, column, narrow)
      column += 1
    }
  }

  @inlinable @inline(__always)
  static func dotProductTile<let rows: Int, let columns: Int>(
    _ call: DotProductsArguments, _ row: Int, _ column: Int, _: Tile<rows, columns>.Type
  ) {
    let inputs = call.inputs
    let x = call.input + row * inputs
    let w = call.weight + column * inputs
    var sums = InlineArray<rows, InlineArray<columns, V>>(repeating: InlineArray(repeating: V.zero))
    var k = 0
    while k + V.laneCount <= inputs {
      for j in 0..<columns {
        let weights = V(loading: w + (j * inputs + k))
        for i in 0..<rows {
          sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
            V(loading: x + (i * inputs + k)), weights)
        }
      }
      k += V.laneCount
    }
    let vectorised = k
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = sums[unchecked: i][unchecked: j].laneSum
        k = vectorised
        while k < inputs {
          sum += x[i * inputs + k] * w[j * inputs + k]
          k += 1
        }
        if let bias = call.bias { sum += bias[column + j] }
        call.output[(row + i) * call.outputs + column + j] = call.rectifies && sum < 0 ? 0 : sum
      }
    }
  }

  @inlinable @inline(__always)
  public static func rowCombination(_ call: RowCombinationArguments) {
    var row = 0
    while row + 4 <= call.rows {
      combineRows(call, row, wide: Tile<4, 3>.self, narrow: Tile<4, 1>.self)
      row += 4
    }
    while row + 2 <= call.rows {
      combineRows(call, row, wide: Tile<2, 4>.self, narrow: Tile<2, 1>.self)
      row += 2
    }
    while row < call.rows {
      combineRows(call, row, wide: Tile<1, 4>.self, narrow: Tile<1, 1>.self)
      row += 1
    }
  }

  @inlinable @inline(__always)
  static func combineRows<let rows: Int, let columns: Int>(
    _ call: RowCombinationArguments, _ row: Int, wide: Tile<rows, columns>.Type, narrow: Tile<rows, 1>.Type
  ) {
    var column = 0
    while column + columns * V.laneCount <= call.width {
      combineTile(call, row, column, wide)
      column += columns * V.laneCount
    }
    while column + V.laneCount <= call.width {
      combineTile(call, row, column, narrow)
      column += V.laneCount
    }
    while column < call.width {
      for i in 0..<rows {
        let coefficients = call.coefficients + (row + i) * call.coefficientRowStride
        var sum: Float = 0
        for term in 0..<call.terms {
          sum += coefficients[term * call.coefficientTermStride] * call.vectors[term * call.width + column]
        }
        call.output[(row + i) * call.width + column] = sum
      }
      column += 1
    }
  }

  @inlinable @inline(__always)
  static func combineTile<let rows: Int, let columns: Int>(
    _ call: RowCombinationArguments, _ row: Int, _ column: Int, _: Tile<rows, columns>.Type
  ) {
    let coefficients = call.coefficients + row * call.coefficientRowStride
    var sums = InlineArray<rows, InlineArray<columns, V>>(repeating: InlineArray(repeating: V.zero))
    for term in 0..<call.terms {
      let vectors = call.vectors + (term * call.width + column)
      for i in 0..<rows {
        let coefficient = V(
          repeating: coefficients[i * call.coefficientRowStride + term * call.coefficientTermStride])
        for j in 0..<columns {
          sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
            coefficient, V(loading: vectors + j * V.laneCount))
        }
      }
    }
    for i in 0..<rows {
      for j in 0..<columns {
        sums[unchecked: i][unchecked: j].store(
          to: call.output + ((row + i) * call.width + column + j * V.laneCount))
      }
    }
  }
}
