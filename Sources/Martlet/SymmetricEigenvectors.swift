/// The eigenvalues of a symmetric matrix, largest first, and their eigenvectors, in double precision.
///
/// Jacobi's method: rotations that each make one element off the diagonal 0, in the order of rows, until all of them are. It is
/// slow for large matrices, exact for small ones, and gives the same bits every time.
///
/// Golub and Van Loan, "Matrix Computations" (2013), 8.5.
struct SymmetricEigenvectors {
  /// (n), in descending order.
  let values: [Double]
  /// (n, n), an eigenvector of length 1 in each row. The element of the largest magnitude, the first of equals, is positive.
  let vectors: [Double]

  /// - Parameter matrix: (n, n), symmetric and finite.
  init(of matrix: [Double], size n: Int) {
    var a = matrix
    // (n, n), an eigenvector in each row.
    var rows = (0..<n * n).map { $0 % (n + 1) == 0 ? 1.0 : 0 }
    let total = a.reduce(0) { $0 + $1 * $1 }
    // Some ten sweeps are enough; sixty are a bound that is never reached.
    for _ in 0..<60 {
      var rest = 0.0
      for p in 0..<n { for q in p + 1..<max(n, p + 1) { rest += a[p * n + q] * a[p * n + q] } }
      if rest <= total * 1e-32 { break }
      for p in 0..<n {
        for q in p + 1..<max(n, p + 1) where a[p * n + q] != 0 {
          let theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
          let tangent = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
          let cosine = 1 / (tangent * tangent + 1).squareRoot()
          let sine = tangent * cosine
          for k in 0..<n {
            let (x, y) = (a[k * n + p], a[k * n + q])
            a[k * n + p] = cosine * x - sine * y
            a[k * n + q] = sine * x + cosine * y
          }
          for k in 0..<n {
            let (x, y) = (a[p * n + k], a[q * n + k])
            a[p * n + k] = cosine * x - sine * y
            a[q * n + k] = sine * x + cosine * y
          }
          for k in 0..<n {
            let (x, y) = (rows[p * n + k], rows[q * n + k])
            rows[p * n + k] = cosine * x - sine * y
            rows[q * n + k] = sine * x + cosine * y
          }
        }
      }
    }
    let diagonal = (0..<n).map { a[$0 * n + $0] }
    // Of equal eigenvalues, the first comes first: `sorted` alone does not say so.
    let order = (0..<n).sorted { (diagonal[$0], $1) > (diagonal[$1], $0) }
    values = order.map { diagonal[$0] }
    vectors = order.flatMap { row in
      let vector = rows[row * n..<(row + 1) * n]
      let largest = vector.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
      return vector.map { largest < 0 ? -$0 : $0 }
    }
  }
}
