import Requirements

/// Focal loss: cross-entropy in which what is easy already counts less.
///
/// −Σᵢ wᵢ · tᵢ · (1 − pᵢ)^γ · log pᵢ, with p = softmax(x). With γ = 0 it is ``CrossEntropy``. The paper's α is a class weight.
///
/// Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense Object Detection" (2017), in its form for many classes.
///
/// ```swift
/// let loss = FocalLoss(gamma: 2)
/// let targets = try Targets.classIndices([0], classCount: 2)
/// print(loss.evaluate(logits: [0, 0], targets: targets).mean)  // 0.173…
/// ```
public struct FocalLoss: SeparableLoss, ClassWeightedLoss, Hashable {
  /// γ, how much less: 0 is cross-entropy.
  public let gamma: Float
  /// The class weights, and what the mean divides by.
  public let weighting: ClassWeighting

  /// Focal loss.
  ///
  /// - Parameters:
  ///   - gamma: γ, 0 or more.
  ///   - classWeights: one weight a class, each 0 or more; nil if all count alike.
  ///   - denominator: what the mean divides by.
  public init(gamma: Float = 2, classWeights: [Float]? = nil, denominator: MeanDenominator = .matchingPyTorch) {
    require(gamma >= 0 && gamma.isFinite, "γ must be a finite number of 0 or more, not \(gamma).")
    self.gamma = gamma
    weighting = ClassWeighting(classWeights, denominator)
  }

  func check(classCount: Int) { weighting.check(classCount: classCount) }

  func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (value: Double, derivative: Double)
  {
    let weight = target * Double(weighting[index])
    if weight == 0 { return (0, 0) }
    // 1 − p, which must not cancel where p is nearly 1.
    let doubt = -logProbability.exponentialMinusOne
    let gamma = Double(gamma)
    let factor = doubt.raised(to: gamma)
    // γ p (1 − p)^(γ − 1) log p, which goes to 0 with 1 − p and with p.
    let slope =
      gamma == 0 || doubt == 0 || doubt == 1
      ? 0 : gamma * (1 - doubt) * (factor / doubt) * logProbability
    return (-weight * product(factor, logProbability), weight * (slope - factor))
  }
}
