import Kernels

/// Batch normalisation of vectors, over the batch: y = (x − mean) / √(variance + ε) · weight + bias, channel by channel.
///
/// While training, mean and variance are the batch's own, and ``RowBlocks`` make their sums the same for any number of
/// threads. The running statistics follow them, and take their place afterwards. Parameters, as in PyTorch's `nn.BatchNorm1d`: `weight`,
/// `bias`, `running_mean` and `running_var`, each (channels).
///
/// Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift" (2015).
///
/// ```swift
/// let layer = BatchNorm1d(120)
/// print(try layer.outputShape(for: [120]))  // (120,)
/// ```
public struct BatchNorm1d: BatchNormalization, Hashable {
  /// The channels of one input.
  public let channels: Int
  /// ε, what is added to the variance.
  public let epsilon: Float
  /// The batch's share in the running statistics.
  public let momentum: Float
  /// Whether each channel has a trained scale, `weight`.
  public let hasScale: Bool
  /// Whether each channel has a trained shift, `bias`.
  public let hasShift: Bool
  let weightInitializer: Initializer
  var activation = Activation.identity
  var layout: ImageLayout { .channelsFirst }

  /// A normalisation of `channels` channels.
  ///
  /// - Parameters:
  ///   - channels: the channels of one input.
  ///   - epsilon: ε, above 0.
  ///   - momentum: the batch's share in the running statistics, 0…1.
  ///   - scale: whether each channel has a trained scale.
  ///   - shift: whether each channel has a trained shift.
  ///   - weight: the scale's first values; 0 behind the last convolution of a residual block lets the block start as the identity.
  public init(
    _ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1, scale: Bool = true, shift: Bool = true,
    weight: Initializer = .constant(1)
  ) {
    self.channels = channels
    self.epsilon = epsilon
    self.momentum = momentum
    (hasScale, hasShift) = (scale, shift)
    weightInitializer = weight
    checkSettings()
  }

  /// The input's own shape, (channels) or (channels, length).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 1 || input.rank == 2, input[0] == channels else {
      throw ShapeError("This normalization takes (\(channels),) or (\(channels), length), but its input is \(input).")
    }
    return input
  }
}
