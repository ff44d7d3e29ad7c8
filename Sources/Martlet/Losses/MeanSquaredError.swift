/// The squared distance between outputs and targets: PyTorch's `MSELoss`.
///
/// Σᵢ (xᵢ − tᵢ)², and the mean divides by rows times classes, as in PyTorch. With `appliesSoftmax` it is the distance
/// between probabilities, Σᵢ (softmax(x)ᵢ − tᵢ)²: the Brier score, when it is summed over the classes.
///
/// Brier, "Verification of Forecasts Expressed in Terms of Probability" (1950).
///
/// ```swift
/// let targets = try Targets.classIndices([1], classCount: 2)
/// print(MeanSquaredError().evaluate(logits: [1, 3], targets: targets).mean)                     // 2.5
/// print(MeanSquaredError(appliesSoftmax: true).evaluate(logits: [0, 0], targets: targets).sum)  // 0.5
/// ```
public struct MeanSquaredError: Loss, Hashable {
  /// Whether the distance is taken between probabilities.
  public let appliesSoftmax: Bool

  /// The squared distance of the outputs themselves, or of their softmax.
  public init(appliesSoftmax: Bool = false) { self.appliesSoftmax = appliesSoftmax }

  /// Class indices as one-hot rows, distributions, and independent probabilities.
  public var acceptedTargets: Set<Targets.Encoding> { [.classIndices, .probabilities, .independentProbabilities] }

  /// The number of classes.
  public func denominator(of target: Target, classCount: Int) -> Double { Double(classCount) }

  /// The sum over the classes of one row, and its gradient.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    if appliesSoftmax { return Probabilities().evaluate(logits: logits, target: target, gradient: &gradient) }
    var value = 0.0
    for index in logits.indices {
      let difference = Double(logits[index]) - Double(target.probability(of: index))
      value += difference * difference
      gradient[index] = Float(2 * difference)
    }
    return Float(value)
  }

  private struct Probabilities: SeparableLoss {
    func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (
      value: Double, derivative: Double
    ) {
      let probability = logProbability.exponential
      let difference = probability - target
      return (difference * difference, 2 * difference * probability)
    }
  }
}
