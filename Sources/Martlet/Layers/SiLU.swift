import Kernels

/// The sigmoid linear unit, also called swish: y = x·σ(x) with σ(x) = 1 / (1 + e⁻ˣ), element by element. PyTorch's `nn.SiLU`.
///
/// −∞ gives 0, where PyTorch's formula gives a NaN.
///
/// Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement Learning"
/// (2017).
///
/// ```swift
/// print(SiLU().outputShape(for: [64]))  // (64,)
/// ```
public struct SiLU: ActivationLayer, Hashable {
  /// A sigmoid linear unit.
  public init() {}

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .sigmoidLinear }
}
