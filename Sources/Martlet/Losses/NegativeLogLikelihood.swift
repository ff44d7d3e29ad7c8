/// Negative log-likelihood of log-probabilities, such as those of a ``LogSoftmax`` layer: PyTorch's `NLLLoss`.
///
/// −Σᵢ wᵢ · tᵢ · xᵢ, with t the distribution, or 1 at the class index and 0 elsewhere. The gradient is −wt. Behind a
/// ``LogSoftmax`` it is ``CrossEntropy``; on its own it does not look at what the other classes get.
///
/// ```swift
/// let model = Sequential {
///   Linear(4, 3)
///   LogSoftmax()
/// }
/// let plan = try TrainingPlan(
///   Network(model, inputShape: [4]), batchSize: 1, loss: NegativeLogLikelihood(), optimizer: SGD(learningRate: 0.1),
///   seed: 1)
/// print(plan.classCount)  // 3
/// ```
public struct NegativeLogLikelihood: ClassWeightedLoss, Hashable {
  /// The class weights, and what the mean divides by.
  public let weighting: ClassWeighting

  /// Negative log-likelihood.
  ///
  /// - Parameters:
  ///   - classWeights: one weight a class, each 0 or more; nil if all count alike.
  ///   - denominator: what the mean divides by.
  public init(classWeights: [Float]? = nil, denominator: MeanDenominator = .matchingPyTorch) {
    weighting = ClassWeighting(classWeights, denominator)
  }

  /// −Σ w t x of one row of log-probabilities, and −wt.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    weighting.check(classCount: logits.count)
    var value = 0.0
    for index in logits.indices {
      let weight = Double(weighting[index]) * Double(target.probability(of: index))
      value -= product(weight, Double(logits[index]))
      gradient[index] = Float(-weight)
    }
    return Float(value)
  }
}
