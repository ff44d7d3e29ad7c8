import Requirements

/// Binary cross-entropy of each logit by itself: PyTorch's `BCEWithLogitsLoss`.
///
/// Σᵢ −wᵢ·[pᵢ · tᵢ · log σ(xᵢ) + (1 − tᵢ) · log(1 − σ(xᵢ))], with σ the logistic sigmoid, w the class weights and p the
/// positive weights. The mean divides by rows times labels, as in PyTorch. The gradient is w·[(1 − t)·σ(x) − p·t·(1 − σ(x))].
///
/// It is the right loss where labels are independent of each other: several may hold, or none
/// (``Targets/independentProbabilities(_:labelCount:positions:)``). For one of two classes, one logit is enough: it equals
/// ``CrossEntropy`` on the logits (0, x). For one of many classes it asks "this one or not?" once a class, and the
/// probabilities do not sum to 1. Targets may be anything from 0 to 1.
///
/// ```swift
/// let tags = try Targets.independentProbabilities([1, 1, 0], labelCount: 3)
/// let values = BinaryCrossEntropyWithLogits().evaluate(logits: [0, 0, 0], targets: tags)
/// print(values.mean)  // 0.693…
/// ```
public struct BinaryCrossEntropyWithLogits: Loss, Hashable {
  /// What a label counts where it holds: one weight a label, or a single one for all; nil for 1. Above 1 it finds more, and
  /// errs more.
  public let positiveWeights: [Float]?
  /// What a label counts, one weight a label; nil for 1.
  public let classWeights: [Float]?

  /// Binary cross-entropy.
  ///
  /// - Parameters:
  ///   - positiveWeights: p, each 0 or more; a single one is for all labels.
  ///   - classWeights: w, each 0 or more.
  public init(positiveWeights: [Float]? = nil, classWeights: [Float]? = nil) {
    for (name, weights) in [("positive", positiveWeights), ("class", classWeights)] {
      for weight in weights ?? [] {
        require(weight >= 0 && weight.isFinite, "A \(name) weight must be a finite number of 0 or more, not \(weight).")
      }
    }
    self.positiveWeights = positiveWeights
    self.classWeights = classWeights
  }

  /// Class indices as one-hot rows, distributions, and independent probabilities.
  public var acceptedTargets: Set<Targets.Encoding> { [.classIndices, .probabilities, .independentProbabilities] }

  /// The number of labels.
  public func denominator(of target: Target, classCount: Int) -> Double { Double(classCount) }

  /// The sum over the labels of one row, and its gradient.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    let (positiveCount, classCount) = (positiveWeights?.count ?? 1, classWeights?.count ?? logits.count)
    require(
      positiveCount == 1 || positiveCount == logits.count,
      "There are \(positiveCount) positive weights for \(logits.count) labels.")
    require(classCount == logits.count, "There are \(classCount) class weights for \(logits.count) labels.")
    var value = 0.0
    for index in logits.indices {
      let (logit, truth) = (Double(logits[index]), Double(target.probability(of: index)))
      let weight = Double(classWeights?[index] ?? 1)
      let positive = weight * Double(positiveWeights.map { $0.count == 1 ? $0[0] : $0[index] } ?? 1) * truth
      let negative = weight * (1 - truth)
      // −log σ(x) = softplus(−x), and −log(1 − σ(x)) = softplus(x).
      value += product(positive, (-logit).softplus) + product(negative, logit.softplus)
      gradient[index] = Float(negative * logit.logisticSigmoid - positive * (-logit).logisticSigmoid)
    }
    return Float(value)
  }
}
