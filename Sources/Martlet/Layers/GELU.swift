import Kernels

/// The Gaussian error linear unit: y = x·Φ(x), with Φ the standard normal distribution, element by element. PyTorch's `nn.GELU`.
///
/// Small values far below 0 keep their digits, and −∞ gives 0, where PyTorch's formula gives a NaN.
///
/// Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)" (2016).
///
/// ```swift
/// print(GELU(approximation: .tanh).outputShape(for: [64]))  // (64,)
/// ```
public struct GELU: ActivationLayer, Hashable {
  /// How Φ is computed.
  public enum Approximation: String, Sendable, Hashable, CaseIterable {
    /// By the error function: Φ(x) = (1 + erf(x / √2)) / 2.
    case none
    /// By the hyperbolic tangent: Φ(x) ≈ (1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2.
    case tanh
  }

  /// How Φ is computed.
  public let approximation: Approximation

  /// A unit that computes Φ in the given way.
  public init(approximation: Approximation = .none) { self.approximation = approximation }

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation {
    switch approximation {
    case .none: .gaussianErrorLinear
    case .tanh: .gaussianErrorLinearByTangent
    }
  }
}
