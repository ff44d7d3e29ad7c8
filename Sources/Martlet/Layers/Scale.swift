import Kernels
import Requirements

/// A fixed factor: y = factor·x, element by element. It is not trained.
///
/// ```swift
/// let model = Sequential {
///   Linear(512, 10, bias: false)
///   Scale(1 / 9)
/// }
/// print(try Network(model, inputShape: [512]).outputShape)  // (10,)
/// ```
public struct Scale: ActivationLayer, Hashable {
  /// What each element is multiplied by.
  public let factor: Float

  /// A multiplication by `factor`.
  public init(_ factor: Float) {
    require(factor.isFinite, "A factor must be a number, not \(factor).")
    self.factor = factor
  }

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .scaling(factor: factor) }
}
