// Public for Martlet's layers; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import KernelCore

/// Every so many pixels of an image, with channels of zeros around its own.
public struct SubsamplingGeometry: Sendable, Equatable {
  public let inputChannels: Int
  public let inputHeight: Int
  public let inputWidth: Int
  public let outputChannels: Int
  /// The output channel that the first input channel becomes.
  public let firstChannel: Int
  public let strideY: Int
  public let strideX: Int
  public let layout: ImageLayout

  public init(
    inputChannels: Int, inputHeight: Int, inputWidth: Int, outputChannels: Int, firstChannel: Int, strideY: Int,
    strideX: Int, layout: ImageLayout
  ) {
    self.inputChannels = inputChannels
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.outputChannels = outputChannels
    self.firstChannel = firstChannel
    self.strideY = strideY
    self.strideX = strideX
    self.layout = layout
  }

  public var outputHeight: Int { (inputHeight + strideY - 1) / strideY }
  public var outputWidth: Int { (inputWidth + strideX - 1) / strideX }
  public var inputCount: Int { inputChannels * inputHeight * inputWidth }
  public var outputCount: Int { outputChannels * outputHeight * outputWidth }

  var isPossible: Bool {
    min(inputChannels, inputHeight, inputWidth, strideY, strideX) >= 1 && firstChannel >= 0
      && firstChannel + inputChannels <= outputChannels
  }
}
