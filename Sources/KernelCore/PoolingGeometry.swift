// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The sizes of a two-dimensional pooling window over each channel.
public struct PoolingGeometry: Sendable {
  public let channels: Int
  public let inputHeight: Int
  public let inputWidth: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  public let strideY: Int
  public let strideX: Int
  public let paddingY: Int
  public let paddingX: Int
  public let outputHeight: Int
  public let outputWidth: Int

  @inlinable
  public init(
    channels: Int, inputHeight: Int, inputWidth: Int, kernelHeight: Int, kernelWidth: Int,
    strideY: Int, strideX: Int, paddingY: Int, paddingX: Int
  ) {
    self.channels = channels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideY = strideY
    self.strideX = strideX
    self.paddingY = paddingY
    self.paddingX = paddingX
    outputHeight = (inputHeight + 2 * paddingY - kernelHeight) / strideY + 1
    outputWidth = (inputWidth + 2 * paddingX - kernelWidth) / strideX + 1
  }

  /// Whether every window has at least one element of the input; no kernel may be called otherwise.
  @inlinable public var isPossible: Bool {
    min(channels, inputHeight, inputWidth) >= 1 && min(kernelHeight, kernelWidth, strideY, strideX) >= 1
      && paddingY >= 0 && paddingX >= 0 && 2 * paddingY <= kernelHeight && 2 * paddingX <= kernelWidth
      && kernelHeight <= inputHeight + 2 * paddingY && kernelWidth <= inputWidth + 2 * paddingX
  }

  /// Whether the windows are 2×2, side by side, without padding.
  @inlinable public var isTwoByTwo: Bool {
    kernelHeight == 2 && kernelWidth == 2 && strideY == 2 && strideX == 2 && paddingY == 0 && paddingX == 0
  }

  /// Elements of one input image.
  @inlinable public var inputCount: Int { channels * inputHeight * inputWidth }

  /// Elements of one output image.
  @inlinable public var outputCount: Int { channels * outputHeight * outputWidth }
}
