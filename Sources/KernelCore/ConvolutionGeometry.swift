// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The sizes of a two-dimensional convolution.
public struct ConvolutionGeometry: Sendable, Equatable {
  public let inputChannels: Int
  public let inputHeight: Int
  public let inputWidth: Int
  public let outputChannels: Int
  public let outputHeight: Int
  public let outputWidth: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  public let strideY: Int
  public let strideX: Int
  public let paddingY: Int
  public let paddingX: Int
  public let dilationY: Int
  public let dilationX: Int

  @inlinable
  public init(
    inputChannels: Int, inputHeight: Int, inputWidth: Int, outputChannels: Int,
    kernelHeight: Int, kernelWidth: Int, strideY: Int, strideX: Int,
    paddingY: Int, paddingX: Int, dilationY: Int, dilationX: Int
  ) {
    self.inputChannels = inputChannels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputChannels = outputChannels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideY = strideY
    self.strideX = strideX
    self.paddingY = paddingY
    self.paddingX = paddingX
    self.dilationY = dilationY
    self.dilationX = dilationX
    outputHeight = (inputHeight + 2 * paddingY - dilationY * (kernelHeight - 1) - 1) / strideY + 1
    outputWidth = (inputWidth + 2 * paddingX - dilationX * (kernelWidth - 1) - 1) / strideX + 1
  }

  /// Whether sizes are positive and the kernel fits into the padded input; no kernel may be called otherwise.
  @inlinable public var isPossible: Bool {
    min(inputChannels, outputChannels, inputHeight, inputWidth) >= 1 && min(kernelHeight, kernelWidth) >= 1
      && min(strideY, strideX, dilationY, dilationX) >= 1 && min(paddingY, paddingX) >= 0
      && dilationY * (kernelHeight - 1) + 1 <= inputHeight + 2 * paddingY
      && dilationX * (kernelWidth - 1) + 1 <= inputWidth + 2 * paddingX
  }

  /// Elements of one input image.
  @inlinable public var inputCount: Int { inputChannels * inputHeight * inputWidth }

  /// Elements of one output image.
  @inlinable public var outputCount: Int { outputChannels * outputHeight * outputWidth }

  /// Weights of one output channel.
  @inlinable public var weightsPerChannel: Int { inputChannels * kernelHeight * kernelWidth }

  /// Whether the kernel's elements, and the windows, are neighbours.
  @inlinable public var isDense: Bool { max(strideY, strideX, dilationY, dilationX) == 1 }
}
