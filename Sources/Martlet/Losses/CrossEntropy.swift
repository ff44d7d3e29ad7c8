import Kernels
import Requirements

/// Cross-entropy of logits against a class index or a distribution, with optional label smoothing.
///
/// −Σᵢ t′ᵢ · log softmax(x)ᵢ with t′ = t·(1 − ε) + ε/C, where t is the distribution, or 1 at the class index and 0
/// elsewhere. The gradient is softmax(x)·Σt′ − t′. A class index, its one-hot row, and either with ε = 0 give the same
/// bits: they are encodings of the same thing. A class whose t′ is 0 contributes 0, also at a logit of −∞.
///
/// Label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception Architecture for Computer
/// Vision" (2015).
///
/// ```swift
/// let hard = CrossEntropy()
/// let smooth = CrossEntropy(labelSmoothing: 0.1)
/// ```
public struct CrossEntropy: Loss {
  /// ε, the share of each target that is spread evenly over all classes.
  public let labelSmoothing: Float

  /// Cross-entropy with a smoothing of `labelSmoothing`, in 0…1.
  public init(labelSmoothing: Float = 0) {
    require(
      labelSmoothing >= 0 && labelSmoothing <= 1, "Label smoothing must be in 0...1, not \(labelSmoothing).")
    self.labelSmoothing = labelSmoothing
  }

  /// −Σ t′ log softmax(logits) of one example, and softmax(logits)·Σt′ − t′.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
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
        weights[lane] = Double(kept * Self.weight(of: first + lane, in: target) + spread)
        terms[lane] = Double(softmax.maximum - logits[first + lane])
      }
      // Nothing is expected of a class without weight, wherever its logit is.
      distances += (weights * terms).replacing(with: 0, where: weights .== 0)
      totals += weights
    }
    let total = totals.sum()
    let value = total * softmax.logSum + distances.sum()
    let mass = Float(total)
    for index in 0..<classCount {
      gradient[index] = gradient[index] * mass - (kept * Self.weight(of: index, in: target) + spread)
    }
    return Float(value)
  }

  /// tᵢ.
  private static func weight(of index: Int, in target: borrowing Target) -> Float {
    switch target {
    case .classIndex(let wanted): index == wanted ? 1 : 0
    case .probabilities(let probabilities): probabilities[index]
    }
  }
}
