/// Probabilities out of logits: softmax(x)ᵢ = exp(xᵢ) / Σ exp(xⱼ), over the first size of each example.
///
/// (classes) to (classes), or (classes, positions) to the same, at each position by itself. ``CrossEntropy`` takes logits and
/// does this by itself: behind a `Softmax` it would be taken twice.
///
/// ```swift
/// print(try Softmax().outputShape(for: [10]))  // (10,)
/// ```
public struct Softmax: ClasswiseLayer, Hashable {
  /// Softmax over the classes.
  public init() {}

  func output(_ row: RowSoftmax, logit: Float) -> Float { Float(row.logProbability(logit).exponential) }

  /// p·(g − Σ g p).
  func inputGradient(
    _ row: RowSoftmax, index: Int, logit: Float, outputGradient: Float, sums: (plain: Double, weighted: Double)
  ) -> Float {
    Float(row.logProbability(logit).exponential * (Double(outputGradient) - sums.weighted))
  }
}
