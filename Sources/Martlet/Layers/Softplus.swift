import Kernels
import Requirements

/// A smooth rectifier: y = log(1 + e^(β·x)) / β, and y = x where β·x is above the threshold, element by element. PyTorch's
/// `nn.Softplus`.
///
/// Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating Second-Order Functional Knowledge for Better Option Pricing" (2000).
///
/// ```swift
/// print(Softplus(beta: 2).outputShape(for: [64]))  // (64,)
/// ```
public struct Softplus: ActivationLayer, Hashable {
  /// β: the larger, the sharper the bend at 0.
  public let beta: Float
  /// The β·x above which the output is the input.
  public let threshold: Float

  /// A smooth rectifier with the given β, above 0, and threshold.
  public init(beta: Float = 1, threshold: Float = 20) {
    require(beta > 0 && beta.isFinite, "The β of a softplus must be above 0, not \(beta).")
    require(!threshold.isNaN, "The threshold of a softplus must be a number.")
    (self.beta, self.threshold) = (beta, threshold)
  }

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .softplus(beta: beta, threshold: threshold) }
}
