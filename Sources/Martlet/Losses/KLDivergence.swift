/// The Kullback-Leibler divergence from a target distribution to the network's.
///
/// Σᵢ tᵢ · (log tᵢ − log pᵢ), where a class with tᵢ = 0 contributes 0. This is the cross-entropy minus the target's
/// entropy, −Σ t log t, which no network can change: both have the same gradient, p·Σt − t, and a network trains to the same
/// weights under either. What KL adds is a value that is 0 when the network is right.
///
/// Targets below 0 have no logarithm, and give NaN.
///
/// PyTorch's `KLDivLoss` takes log-probabilities: `KLDivergence(of: .logProbabilities)`. Its `reduction='mean'` divides by
/// rows and classes, which is not the divergence; `'batchmean'` is what this loss does unless it is told otherwise. Its
/// `log_target=True` is ``Targets/logProbabilities(_:classCount:positions:)``.
///
/// Kullback and Leibler, "On Information and Sufficiency" (1951).
///
/// ```swift
/// let targets = try Targets.probabilities([0.4, 0.6, 0.1, 0.9], classCount: 2)
/// let values = KLDivergence(of: .logProbabilities).evaluate(logits: [-1, -0.5, -2, -0.2], targets: targets)
/// print(values.sum, values.mean)  // 0.081… 0.040…
/// ```
public struct KLDivergence: Loss, Hashable {
  /// What the network's outputs are.
  public enum Input: String, Sendable, Hashable, CaseIterable {
    /// Logits: p is their softmax. Normalised log-probabilities are logits too, and give what they give in PyTorch.
    case logits
    /// Logarithms of probabilities, taken as they are, as by PyTorch: log p is the output itself.
    case logProbabilities = "log-probabilities"
  }

  /// What the mean divides by.
  public enum Mean: String, Sendable, Hashable, CaseIterable {
    /// The number of rows. With positions, each is a row; PyTorch's `'batchmean'` divides by the examples alone.
    case batchMean = "batch-mean"
    /// The number of rows times the number of classes: PyTorch's `reduction='mean'`.
    case elementMean = "element-mean"
  }

  /// What the network's outputs are.
  public let input: Input
  /// What the mean divides by.
  public let mean: Mean

  /// The divergence of outputs that are `input`.
  public init(of input: Input = .logits, mean: Mean = .batchMean) {
    self.input = input
    self.mean = mean
  }

  /// 1, or the number of classes.
  public func denominator(of target: Target, classCount: Int) -> Double { mean == .batchMean ? 1 : Double(classCount) }

  /// Σ t (log t − log p) of one row; and p·Σt − t, or −t for log-probabilities.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    let row = RowSoftmax(logits)
    var (value, mass) = (0.0, 0.0)
    for index in logits.indices {
      let weight = Double(target.probability(of: index))
      let logProbability = input == .logits ? row.logProbability(logits[index]) : Double(logits[index])
      value += product(weight, weight.naturalLogarithm - logProbability)
      mass += weight
    }
    for index in logits.indices {
      let weight = Double(target.probability(of: index))
      gradient[index] = Float(
        input == .logits ? row.excess(mass: mass, weight: weight, index: index, logit: logits[index]) : -weight)
    }
    return Float(value)
  }
}
