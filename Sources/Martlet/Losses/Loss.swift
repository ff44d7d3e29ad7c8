/// What a network is trained to make small: a number for one row of logits and its target, and its gradient.
///
/// A row is an example, or one position of an example where there are several. How rows are put together is the same for
/// all losses: a ``Reduction``. Rows without a target (``Targets/ignoring(_:)``) never reach a loss.
///
/// A loss of your own is one function:
///
/// ```swift
/// struct SquaredError: Loss {
///   func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
///     var value: Float = 0
///     for i in logits.indices {
///       let difference = logits[i] - target.probability(of: i)
///       gradient[i] = 2 * difference
///       value += difference * difference
///     }
///     return value
///   }
/// }
/// ```
///
/// ``checkGradient(of:logits:targets:tolerance:)`` says whether value and gradient belong together, and
/// ``FormulaLoss`` needs no gradient at all.
public protocol Loss: Sendable {
  /// The target encodings that this loss takes; by default class indices and probabilities. Asked once, before training
  /// starts.
  var acceptedTargets: Set<Targets.Encoding> { get }

  /// The value for one row, and its gradient with respect to the logits.
  ///
  /// - Parameters:
  ///   - logits: what the network says, (classes).
  ///   - target: what it should say.
  ///   - gradient: overwritten with ∂value/∂logits, (classes).
  func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float

  /// What one row adds to the denominator of the mean; by default 1, so that the mean is the mean over rows.
  func denominator(of target: Target, classCount: Int) -> Double

  /// The mean: `sum` divided by `denominator`, and by default 0 where the denominator is 0.
  ///
  /// - Parameters:
  ///   - sum: the sum of the rows' values.
  ///   - denominator: the sum of what the rows add to the denominator; 0 if all rows are ignored.
  func mean(sum: Double, denominator: Double) -> Double
}

extension Loss {
  /// Class indices and probabilities.
  public var acceptedTargets: Set<Targets.Encoding> { [.classIndices, .probabilities] }

  /// 1.
  public func denominator(of target: Target, classCount: Int) -> Double { 1 }

  /// `sum / denominator`, or 0 if the denominator is 0.
  public func mean(sum: Double, denominator: Double) -> Double { denominator == 0 ? 0 : sum / denominator }
}
