/// What a network is trained to make small: a number for one example's logits and its target, and its gradient.
///
/// The plan takes the mean over the batch: it divides each gradient by the number of rows, and reports the mean value.
/// A loss of your own is one function:
///
/// ```swift
/// struct SquaredError: Loss {
///   func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
///     var value: Float = 0
///     for i in logits.indices {
///       let wanted: Float =
///         switch target {
///         case .classIndex(let index): index == i ? 1 : 0
///         case .probabilities(let probabilities): probabilities[i]
///         }
///       gradient[i] = 2 * (logits[i] - wanted)
///       value += (logits[i] - wanted) * (logits[i] - wanted)
///     }
///     return value
///   }
/// }
/// ```
public protocol Loss: Sendable {
  /// The target encodings that this loss takes; by default both. Asked once, before training starts.
  var acceptedTargets: Set<Targets.Encoding> { get }

  /// The value for one example, and its gradient with respect to the logits.
  ///
  /// - Parameters:
  ///   - logits: what the network says, (classes).
  ///   - target: what it should say.
  ///   - gradient: overwritten with ∂value/∂logits, (classes).
  func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float
}

extension Loss {
  /// Both encodings.
  public var acceptedTargets: Set<Targets.Encoding> { Set(Targets.Encoding.allCases) }
}
