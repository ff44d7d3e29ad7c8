import Requirements

/// Cross-entropy of logits against a class index or a distribution, with optional class weights and label smoothing: the
/// contract of PyTorch's `CrossEntropyLoss`.
///
/// −Σᵢ wᵢ · t′ᵢ · log softmax(x)ᵢ with t′ = t·(1 − ε) + ε/C, where t is the distribution, or 1 at the class index and 0
/// elsewhere. The gradient is softmax(x)·Σwt′ − wt′. A class index, its one-hot row, and either with ε = 0 give the same
/// bits: they are encodings of the same thing. Their weighted means differ in PyTorch: see ``MeanDenominator``.
///
/// A class whose wt′ is 0 contributes 0, also at a logit of −∞. Logits of +∞ give NaN, as in PyTorch: ∞ − ∞ has no value.
///
/// Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception Architecture for Computer
/// Vision" (2015).
///
/// ```swift
/// let hard = CrossEntropy()
/// let smooth = CrossEntropy(labelSmoothing: 0.1)
/// let weighted = CrossEntropy(classWeights: [1, 1, 5], denominator: .effectiveWeight)
/// ```
public struct CrossEntropy: ClassWeightedLoss, Hashable {
  /// ε, the share of each target that is spread evenly over all classes.
  public let labelSmoothing: Float
  /// The class weights, and what the mean divides by.
  public let weighting: ClassWeighting

  /// Cross-entropy.
  ///
  /// - Parameters:
  ///   - classWeights: one weight a class, each 0 or more; nil if all count alike.
  ///   - labelSmoothing: ε, in 0…1.
  ///   - denominator: what the mean divides by.
  public init(
    classWeights: [Float]? = nil, labelSmoothing: Float = 0, denominator: MeanDenominator = .matchingPyTorch
  ) {
    Self.check(smoothing: labelSmoothing)
    self.labelSmoothing = labelSmoothing
    weighting = ClassWeighting(classWeights, denominator)
  }

  /// This loss with another smoothing, and the same weights and denominator.
  public func smoothed(by labelSmoothing: Float) -> CrossEntropy {
    CrossEntropy(
      classWeights: weighting.weights.isEmpty ? nil : weighting.weights, labelSmoothing: labelSmoothing,
      denominator: weighting.denominator)
  }

  /// PyTorch lets a negative smoothing pass, and trains on negative probabilities.
  static func check(smoothing: Float) {
    require(smoothing >= 0 && smoothing <= 1, "Label smoothing must be in 0...1, not \(smoothing).")
  }

  /// −Σ w t′ log softmax(logits) of one row, and softmax(logits)·Σwt′ − wt′.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    weighting.check(classCount: logits.count)
    let row = RowSoftmax(logits)
    let kept = 1 - labelSmoothing
    let spread = labelSmoothing / Float(logits.count)
    var (value, mass) = (0.0, 0.0)
    for index in logits.indices {
      let weight = Double((kept * target.probability(of: index) + spread) * weighting[index])
      // Nothing is expected of a class without weight, wherever its logit is.
      value -= product(weight, row.logProbability(logits[index]))
      mass += weight
    }
    for index in logits.indices {
      let weight = Double((kept * target.probability(of: index) + spread) * weighting[index])
      gradient[index] = Float(row.excess(mass: mass, weight: weight, index: index, logit: logits[index]))
    }
    return Float(value)
  }
}
