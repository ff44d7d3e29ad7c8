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
  /// The distance from one row of Y to the next: more than `outputs` where only some are computed.
  public var outputStride: Int

  @inlinable
  public init(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    output: UnsafeMutablePointer<Float>, rectifies: Bool, rows: Int, inputs: Int, outputs: Int, outputStride: Int
  ) {
    self.input = input
    self.weight = weight
    self.bias = bias
    self.output = output
    self.rectifies = rectifies
    self.rows = rows
    self.inputs = inputs
    self.outputs = outputs
    self.outputStride = outputStride
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
  /// `linearWorkspaceCount` floats.
  public var workspace: UnsafeMutablePointer<Float>

  @inlinable
  public init(
    coefficients: UnsafePointer<Float>, coefficientRowStride: Int, coefficientTermStride: Int,
    vectors: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, rows: Int, terms: Int, width: Int,
    workspace: UnsafeMutablePointer<Float>
  ) {
    self.coefficients = coefficients
    self.coefficientRowStride = coefficientRowStride
    self.coefficientTermStride = coefficientTermStride
    self.vectors = vectors
    self.output = output
    self.rows = rows
    self.terms = terms
    self.width = width
    self.workspace = workspace
  }
}

/// The terms of a product whose vectors are copied side by side at a time.
@inlinable
var packedTerms: Int { @inline(__always) get { 256 } }

/// Scratch floats of a product: two registers of each of `packedTerms` terms, which fill half a first-level cache.
@inlinable
public var linearWorkspaceCount: Int { packedTerms * 2 * maximumLaneCount }

/// The products of linear layers.
///
/// Every output element is summed in one order, whatever tile it falls into: that is what makes the result independent
/// of how rows and units are shared out among threads.
public enum LinearKernels<V: KernelVector> {
  /// The inputs of one pass: four rows of them stay in the first-level cache while all weights go by.
  @inlinable
  static var passInputs: Int { @inline(__always) get { 1024 } }

  /// The outputs of one pass: their weights stay in the second-level cache while all rows go by.
  @inlinable
  static var passOutputs: Int { @inline(__always) get { 60 } }

  @inlinable @inline(__always)
  public static func dotProducts(_ call: DotProductsArguments) {
    var first = 0
    repeat {
      let inputs = first..<min(call.inputs, first + passInputs)
      var column = 0
      while column < call.outputs {
        let outputs = column..<min(call.outputs, column + passOutputs)
        var row = 0
        while row + 4 <= call.rows {
          dotProductRows(call, row, outputs, inputs, wide: Tile<4, 3>.self, narrow: Tile<4, 1>.self)
          row += 4
        }
        while row + 2 <= call.rows {
          dotProductRows(call, row, outputs, inputs, wide: Tile<2, 4>.self, narrow: Tile<2, 1>.self)
          row += 2
        }
        while row < call.rows {
          dotProductRows(call, row, outputs, inputs, wide: Tile<1, 4>.self, narrow: Tile<1, 1>.self)
          row += 1
        }
        column = outputs.upperBound
      }
      first = inputs.upperBound
    } while first < call.inputs
  }

  @inlinable @inline(__always)
  static func dotProductRows<let rows: Int, let columns: Int>(
    _ call: DotProductsArguments, _ row: Int, _ outputs: Range<Int>, _ inputs: Range<Int>,
    wide: Tile<rows, columns>.Type, narrow: Tile<rows, 1>.Type
  ) {
    var column = outputs.lowerBound
    while column + columns <= outputs.upperBound {
      dotProductTile(call, row, column, inputs, wide)
      column += columns
    }
    while column < outputs.upperBound {
      dotProductTile(call, row, column, inputs, narrow)
      column += 1
    }
  }

  @inlinable @inline(__always)
  static func dotProductTile<let rows: Int, let columns: Int>(
    _ call: DotProductsArguments, _ row: Int, _ column: Int, _ range: Range<Int>, _: Tile<rows, columns>.Type
  ) {
    let inputs = call.inputs
    let x = call.input + row * inputs
    let w = call.weight + column * inputs
    var sums = InlineArray<rows, InlineArray<columns, V>>(repeating: InlineArray(repeating: V.zero))
    var k = range.lowerBound
    while k + V.laneCount <= range.upperBound {
      // Weights first, then one input at a time: more live values than that would not fit into the registers.
      var weights = InlineArray<columns, V>(repeating: V.zero)
      for j in 0..<columns { weights[unchecked: j] = V(loading: w + (j * inputs + k)) }
      for i in 0..<rows {
        let value = V(loading: x + (i * inputs + k))
        for j in 0..<columns {
          sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
            value, weights[unchecked: j])
        }
      }
      k += V.laneCount
    }
    let vectorised = k
    let isLast = range.upperBound == inputs
    for i in 0..<rows {
      for j in 0..<columns {
        let target = call.output + ((row + i) * call.outputStride + column + j)
        var sum = sums[unchecked: i][unchecked: j].laneSum
        k = vectorised
        while k < range.upperBound {
          sum += x[i * inputs + k] * w[j * inputs + k]
          k += 1
        }
        if range.lowerBound > 0 { sum += target.pointee }
        if isLast, let bias = call.bias { sum += bias[column + j] }
        target.pointee = isLast && call.rectifies && sum < 0 ? 0 : sum
      }
    }
  }

  /// With few terms, writing is most of the work: row by row, as the output lies in memory. With many, the vectors of a
  /// strip of columns are copied side by side, and stay in the first-level cache while all rows go by.
  @inlinable @inline(__always)
  public static func rowCombination(_ call: RowCombinationArguments) {
    let rowsAtOnce = call.terms <= 16 ? max(6, 16_384 / call.width / 6 * 6) : call.rows
    var row = 0
    while row < call.rows {
      let rows = row..<min(call.rows, row + rowsAtOnce)
      combineRows(call, rows)
      row = rows.upperBound
    }
  }

  @inlinable @inline(__always)
  static func combineRows(_ call: RowCombinationArguments, _ rows: Range<Int>) {
    var column = 0
    while column + 2 * V.laneCount <= call.width {
      combineStrip(
        call, rows, column, many: Tile<6, 2>.self, some: Tile<4, 2>.self, two: Tile<2, 2>.self, one: Tile<1, 2>.self)
      column += 2 * V.laneCount
    }
    while column + V.laneCount <= call.width {
      combineStrip(
        call, rows, column, many: Tile<6, 1>.self, some: Tile<4, 1>.self, two: Tile<2, 1>.self, one: Tile<1, 1>.self)
      column += V.laneCount
    }
    while column < call.width {
      for row in rows {
        let coefficients = call.coefficients + row * call.coefficientRowStride
        var sum: Float = 0
        for term in 0..<call.terms {
          sum += coefficients[term * call.coefficientTermStride] * call.vectors[term * call.width + column]
        }
        call.output[row * call.width + column] = sum
      }
      column += 1
    }
  }

  /// Some columns of some rows. With more rows than one tile has, the vectors are copied side by side first: in their own
  /// places they might all fall into one set of the cache.
  @inlinable @inline(__always)
  static func combineStrip<let columns: Int>(
    _ call: RowCombinationArguments, _ rows: Range<Int>, _ column: Int, many: Tile<6, columns>.Type,
    some: Tile<4, columns>.Type, two: Tile<2, columns>.Type, one: Tile<1, columns>.Type
  ) {
    var first = 0
    repeat {
      let terms = first..<min(call.terms, first + packedTerms)
      var vectors = call.vectors + (first * call.width + column)
      var stride = call.width
      if rows.count > 6 {
        for term in 0..<terms.count {
          for j in 0..<columns {
            V(loading: vectors + (term * stride + j * V.laneCount)).store(
              to: call.workspace + (term * columns + j) * V.laneCount)
          }
        }
        vectors = UnsafePointer(call.workspace)
        stride = columns * V.laneCount
      }
      var row = rows.lowerBound
      while row + 6 <= rows.upperBound {
        combineTile(call, row, column, terms, vectors, stride, many)
        row += 6
      }
      while row + 4 <= rows.upperBound {
        combineTile(call, row, column, terms, vectors, stride, some)
        row += 4
      }
      while row + 2 <= rows.upperBound {
        combineTile(call, row, column, terms, vectors, stride, two)
        row += 2
      }
      while row < rows.upperBound {
        combineTile(call, row, column, terms, vectors, stride, one)
        row += 1
      }
      first = terms.upperBound
    } while first < call.terms
  }

  @inlinable @inline(__always)
  static func combineTile<let rows: Int, let columns: Int>(
    _ call: RowCombinationArguments, _ row: Int, _ column: Int, _ terms: Range<Int>,
    _ vectors: UnsafePointer<Float>, _ stride: Int, _: Tile<rows, columns>.Type
  ) {
    let output = call.output + (row * call.width + column)
    var sums = InlineArray<rows, InlineArray<columns, V>>(repeating: InlineArray(repeating: V.zero))
    if terms.lowerBound > 0 {
      for i in 0..<rows {
        for j in 0..<columns {
          sums[unchecked: i][unchecked: j] = V(loading: output + (i * call.width + j * V.laneCount))
        }
      }
    }
    var coefficients =
      call.coefficients + (row * call.coefficientRowStride + terms.lowerBound * call.coefficientTermStride)
    var source = vectors
    for _ in 0..<terms.count {
      var values = InlineArray<columns, V>(repeating: V.zero)
      for j in 0..<columns { values[unchecked: j] = V(loading: source + j * V.laneCount) }
      for i in 0..<rows {
        let coefficient = V(repeating: coefficients[i * call.coefficientRowStride])
        for j in 0..<columns {
          sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
            coefficient, values[unchecked: j])
        }
      }
      coefficients += call.coefficientTermStride
      source += stride
    }
    for i in 0..<rows {
      for j in 0..<columns {
        sums[unchecked: i][unchecked: j].store(to: output + (i * call.width + j * V.laneCount))
      }
    }
  }
}
