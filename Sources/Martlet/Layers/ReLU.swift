import Kernels

/// The rectifier: y = max(x, 0), element by element. The gradient at 0 is 0, and a NaN stays a NaN, as in PyTorch.
///
/// ```swift
/// print(ReLU().outputShape(for: [6, 28, 28]))  // (6, 28, 28)
/// ```
public struct ReLU: ActivationLayer, Hashable {
  /// A rectifier.
  public init() {}

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .rectifier }
}
