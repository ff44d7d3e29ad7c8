import KernelCore
import Requirements

extension Kernel {
  /// The floats that `orthogonalize` needs for a matrix, itself among them.
  public static func orthogonalizationWorkspaceCount(rows: Int, columns: Int) -> Int {
    let side = min(rows, columns)
    return 3 * rows * columns + 2 * side * side + linearWorkspaceCount
  }

  /// Brings the singular values of a matrix near 1, by Newton–Schulz iterations of fifth order; see `Muon` for the formula.
  ///
  /// - Parameters:
  ///   - coefficients: a, b and c.
  ///   - steps: the iterations.
  ///   - workspace: starts with the matrix, (rows, columns), which is replaced.
  public static func orthogonalize(
    rows: Int, columns: Int, coefficients: (Float, Float, Float), steps: Int, workspace: inout MutableSpan<Float>
  ) {
    require(
      workspace.count >= orthogonalizationWorkspaceCount(rows: rows, columns: columns),
      "The workspace of a (\(rows), \(columns)) matrix is too small.")
    let (count, side, length) = (rows * columns, min(rows, columns), max(rows, columns))
    let matrix = workspace.pointer
    let (x, product) = (matrix + count, matrix + 2 * count)
    let (gram, square) = (matrix + 3 * count, matrix + 3 * count + side * side)
    let scratch = square + side * side
    var sum = 0.0
    for index in 0..<count { sum += Double(matrix[index]) * Double(matrix[index]) }
    let factor = Float(1 / (sum.squareRoot() + 1e-7))
    // The shorter side first: the products of rows are then the fewest.
    for row in 0..<rows {
      for column in 0..<columns {
        x[rows > columns ? column * rows + row : row * columns + column] = matrix[row * columns + column] * factor
      }
    }
    let (a, b, c) = coefficients
    for _ in 0..<steps {
      set.dotProducts(
        DotProductsArguments(
          input: UnsafePointer(x), weight: UnsafePointer(x), bias: nil, output: gram, rectifies: false, rows: side,
          inputs: length, outputs: side, outputStride: side))
      multiply(gram, gram, into: square, side, side, scratch)
      for index in 0..<side * side { gram[index] = b * gram[index] + c * square[index] }
      multiply(gram, x, into: product, side, length, scratch)
      for index in 0..<count { x[index] = a * x[index] + product[index] }
    }
    for row in 0..<rows {
      for column in 0..<columns {
        matrix[row * columns + column] = x[rows > columns ? column * rows + row : row * columns + column]
      }
    }
  }

  /// The product of a square matrix, (side, side), and one of `width` columns.
  private static func multiply(
    _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>,
    into output: UnsafeMutablePointer<Float>, _ side: Int, _ width: Int, _ scratch: UnsafeMutablePointer<Float>
  ) {
    set.rowCombination(
      RowCombinationArguments(
        coefficients: UnsafePointer(first), coefficientRowStride: side, coefficientTermStride: 1,
        vectors: UnsafePointer(second), output: output, rows: side, terms: side, width: width, workspace: scratch))
  }
}
