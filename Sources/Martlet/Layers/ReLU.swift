import Kernels

/// The rectifier: y = max(x, 0), element by element. The gradient at 0 is 0, and a NaN stays a NaN, as in PyTorch.
///
/// ```swift
/// print(ReLU().outputShape(for: [6, 28, 28]))  // (6, 28, 28)
/// ```
public struct ReLU: Layer {
  /// A rectifier.
  public init() {}

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  /// Replaces what is below 0.
  public func forward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    Kernel.rectify(input, into: &output)
  }

  /// Passes the gradient on where the input was above 0.
  public func backward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    Kernel.rectifyGradient(input: input, outputGradient: outputGradient, into: &inputGradient)
  }
}
