/// Logarithms of probabilities out of logits: xᵢ − log Σ exp(xⱼ), over the first size of each example.
///
/// (classes) to (classes), or (classes, positions) to the same, at each position by itself. With
/// ``NegativeLogLikelihood`` behind it, it is ``CrossEntropy``.
///
/// ```swift
/// print(try LogSoftmax().outputShape(for: [21, 64, 64]))  // (21, 64, 64)
/// ```
public struct LogSoftmax: ClasswiseLayer, Hashable {
  /// Log-softmax over the classes.
  public init() {}

  func output(_ row: RowSoftmax, logit: Float) -> Float { Float(row.logProbability(logit)) }

  /// g − p·Σ g.
  func inputGradient(
    _ row: RowSoftmax, index: Int, logit: Float, outputGradient: Float, sums: (plain: Double, weighted: Double)
  ) -> Float {
    Float(-row.excess(mass: sums.plain, weight: Double(outputGradient), index: index, logit: logit))
  }
}
