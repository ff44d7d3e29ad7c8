import Kernels

/// The logistic function: y = 1 / (1 + e⁻ˣ), element by element. PyTorch's `nn.Sigmoid`.
///
/// ``BinaryCrossEntropyWithLogits`` takes logits and does this by itself: behind a `Sigmoid` it would be taken twice.
///
/// ```swift
/// print(Sigmoid().outputShape(for: [64]))  // (64,)
/// ```
public struct Sigmoid: ActivationLayer, Hashable {
  /// A logistic function.
  public init() {}

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .logisticSigmoid }
}
