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
  /// Whether there are as many windows as outputs, as even as can be, whatever kernel, stride and padding say.
  public let isAdaptive: Bool
  /// The order of the elements of input and output.
  public let layout: ImageLayout

  @inlinable
  public init(
    channels: Int, inputHeight: Int, inputWidth: Int, kernelHeight: Int, kernelWidth: Int,
    strideY: Int, strideX: Int, paddingY: Int, paddingX: Int, layout: ImageLayout = .channelsFirst
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
    isAdaptive = false
    self.layout = layout
  }

  /// Adaptive windows: number i of n along a side of length m covers ⌊i·m / n⌋ up to ⌈(i + 1)·m / n⌉.
  @inlinable
  public init(
    channels: Int, inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int, layout: ImageLayout
  ) {
    self.channels = channels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    (kernelHeight, kernelWidth, strideY, strideX, paddingY, paddingX) = (1, 1, 1, 1, 0, 0)
    isAdaptive = true
    self.layout = layout
  }

  /// The input's rows in the windows of output row `y`.
  @inlinable @inline(__always)
  public func rows(_ y: Int) -> Range<Int> {
    if isAdaptive { return Self.adaptive(y, input: inputHeight, output: outputHeight) }
    let top = y * strideY - paddingY
    return max(0, top)..<min(inputHeight, top + kernelHeight)
  }

  /// The input's columns in the windows of output column `x`.
  @inlinable @inline(__always)
  public func columns(_ x: Int) -> Range<Int> {
    if isAdaptive { return Self.adaptive(x, input: inputWidth, output: outputWidth) }
    let left = x * strideX - paddingX
    return max(0, left)..<min(inputWidth, left + kernelWidth)
  }

  @inlinable @inline(__always)
  static func adaptive(_ index: Int, input: Int, output: Int) -> Range<Int> {
    index * input / output..<((index + 1) * input + output - 1) / output
  }

  /// Whether every window has at least one element of the input; no kernel may be called otherwise.
  @inlinable public var isPossible: Bool {
    min(channels, inputHeight, inputWidth, outputHeight, outputWidth) >= 1
      && min(kernelHeight, kernelWidth, strideY, strideX) >= 1
      && paddingY >= 0 && paddingX >= 0 && 2 * paddingY <= kernelHeight && 2 * paddingX <= kernelWidth
      && kernelHeight <= inputHeight + 2 * paddingY && kernelWidth <= inputWidth + 2 * paddingX
  }

  /// Whether the windows are 2×2, side by side, without padding.
  @inlinable public var isTwoByTwo: Bool {
    !isAdaptive && layout == .channelsFirst && kernelHeight == 2 && kernelWidth == 2 && strideY == 2 && strideX == 2
      && paddingY == 0 && paddingX == 0
  }

  /// Elements of one input image.
  @inlinable public var inputCount: Int { channels * inputHeight * inputWidth }

  /// Elements of one output image.
  @inlinable public var outputCount: Int { channels * outputHeight * outputWidth }
}
