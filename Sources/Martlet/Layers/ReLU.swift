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

  /// Replaces what is below 0.
  public func forward(_ pass: inout ForwardPass) { Kernel.rectify(pass.input, into: &pass.output) }

  /// Passes the gradient on where the input was above 0.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.rectifyGradient(input: pass.input, outputGradient: pass.outputGradient, into: &pass.inputGradient)
  }

  var activation: Activation { .rectifier }
}
