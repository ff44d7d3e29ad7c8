import Kernels

/// The hyperbolic tangent, element by element. PyTorch's `nn.Tanh`.
///
/// ```swift
/// print(Tanh().outputShape(for: [64]))  // (64,)
/// ```
public struct Tanh: ActivationLayer, Hashable {
  /// A hyperbolic tangent.
  public init() {}

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .hyperbolicTangent }
}
