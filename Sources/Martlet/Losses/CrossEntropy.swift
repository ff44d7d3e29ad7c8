import Kernels
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
public struct CrossEntropy: ClassWeightedLoss {
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
    let softmax = Kernel.softmax(logits, into: &gradient)
    let classCount = logits.count
    let kept = 1 - labelSmoothing
    let spread = labelSmoothing / Float(classCount)

    // −log softmax(x)ᵢ is logSum + (maximum − xᵢ), both 0 or more: nothing cancels. In four sums at a time, since each
    // addition would wait for the one before.
    var distances = SIMD4<Double>.zero
    var totals = SIMD4<Double>.zero
    for first in stride(from: 0, to: classCount, by: 4) {
      var weights = SIMD4<Double>.zero
      var terms = SIMD4<Double>.zero
      for lane in 0..<min(4, classCount - first) {
        let index = first + lane
        weights[lane] = Double((kept * target.probability(of: index) + spread) * weighting[index])
        terms[lane] = Double(softmax.maximum - logits[index])
      }
      // Nothing is expected of a class without weight, wherever its logit is.
      distances += (weights * terms).replacing(with: 0, where: weights .== 0)
      totals += weights
    }
    let total = totals.sum()
    let value = total * softmax.logSum + distances.sum()
    let mass = Float(total)
    for index in 0..<classCount {
      let weight = (kept * target.probability(of: index) + spread) * weighting[index]
      // At the best class, softmax·Σwt′ and wt′ cancel in a confident row; what 1 lacks to softmax does not.
      gradient[index] =
        index == softmax.best
        ? Float(total - Double(weight) - softmax.doubt * total) : gradient[index] * mass - weight
    }
    return Float(value)
  }
}
