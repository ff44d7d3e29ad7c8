import Kernels
import Requirements

/// The leaky rectifier: y = x above 0, and x times a small slope elsewhere, element by element. PyTorch's `nn.LeakyReLU`.
///
/// Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).
///
/// ```swift
/// print(LeakyReLU(negativeSlope: 0.1).outputShape(for: [6, 28, 28]))  // (6, 28, 28)
/// ```
public struct LeakyReLU: ActivationLayer, Hashable {
  /// The slope at 0 and below.
  public let negativeSlope: Float

  /// A leaky rectifier with the given slope below 0.
  public init(negativeSlope: Float = 0.01) {
    require(negativeSlope.isFinite, "The slope of a leaky rectifier must be a number, not \(negativeSlope).")
    self.negativeSlope = negativeSlope
  }

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  var activation: Activation { .leakyRectifier(negativeSlope: negativeSlope) }
}
