// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The sizes of a two-dimensional convolution, and of the padded copies its kernels work on.
///
/// The *packed* image is the zero-padded input with each row split by column phase (column modulo stride), so that the
/// inputs of neighbouring outputs are neighbours in memory whatever the stride: (channel, padded row, phase, position).
public struct ConvolutionGeometry: Sendable {
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

  /// Positions of one phase of one packed row: enough for a whole register to be read at the last output.
  @inlinable public var phaseWidth: Int {
    roundedUpToLanes(outputWidth) + (kernelWidth - 1) * dilationX / strideX
  }

  /// Elements of one packed row.
  @inlinable public var packedRowCount: Int { strideX * phaseWidth }

  /// Elements of one packed channel.
  @inlinable public var packedChannelCount: Int { (inputHeight + 2 * paddingY) * packedRowCount }

  /// Elements of one packed image.
  @inlinable public var packedCount: Int { inputChannels * packedChannelCount }

  /// Elements of one row of output gradients, padded to whole registers.
  @inlinable public var paddedOutputWidth: Int { roundedUpToLanes(outputWidth) }

  /// Elements of one channel of padded output gradients.
  @inlinable public var paddedOutputChannelCount: Int { outputHeight * paddedOutputWidth }

  /// Scratch floats for one thread: the packed image, the padded output gradients and a register for each weight.
  @inlinable public var workspaceCount: Int {
    packedCount + outputChannels * paddedOutputChannelCount + outputChannels * weightsPerChannel * maximumLaneCount
  }

  /// Where in a packed row the inputs of kernel column `kernelX` start.
  @inlinable @inline(__always)
  func packedColumn(_ kernelX: Int) -> Int {
    // A division costs more than the products of a tile: none where there is nothing to divide by.
    let column = kernelX * dilationX
    return strideX == 1 ? column : column % strideX * phaseWidth + column / strideX
  }
}
