// Public for Martlet's layers; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import KernelCore

/// Convolutions side by side, each from its own run of input channels to its own run of output channels, with any border.
///
/// Each group is an ordinary convolution of a copy of its channels, whose border is part of the copy.
public struct GroupedConvolution: Sendable, Equatable {
  public let groups: Int
  /// One group's convolution, without padding.
  public let part: ConvolutionBlock
  /// From the whole input to one group's.
  public let input: PaddingGeometry
  /// From the whole output to one group's.
  public let output: PaddingGeometry

  /// - Parameters:
  ///   - part: one group's convolution of its padded input, without padding of its own.
  ///   - input: from the whole input to the first group's.
  public init(
    groups: Int, part: ConvolutionGeometry, input: PaddingGeometry, rectifies: Bool, pools: Bool,
    outputLayout: ImageLayout
  ) {
    self.groups = groups
    let block = ConvolutionBlock(
      part, rectifies: rectifies, pools: pools, inputLayout: input.paddedLayout, outputLayout: outputLayout)
    self.part = block
    self.input = input
    output = PaddingGeometry(
      channels: groups * part.outputChannels, height: block.outputHeight, width: block.outputWidth,
      copiedChannels: part.outputChannels, layout: outputLayout, paddedLayout: outputLayout)
  }

  public var keptCount: Int { groups * part.keptCount }
  public var preparedCount: Int { groups * part.preparedCount }
  /// What a group's kernels need, its padded input, its output and the gradient of that.
  public var workspaceCount: Int { gradientOffset + part.outputCount }

  var inputOffset: Int { roundedUpToLanes(part.workspaceCount) }
  var outputOffset: Int { inputOffset + roundedUpToLanes(input.paddedCount) }
  var gradientOffset: Int { outputOffset + roundedUpToLanes(part.outputCount) }

  /// Whether one group's outputs are a run of memory, and need not be copied.
  var hasOutputRuns: Bool { groups == 1 || output.layout == .channelsFirst }

  var isPossible: Bool {
    part.isPossible && input.isPossible && input.channels == groups * part.convolution.inputChannels
      && input.copiedChannels == part.convolution.inputChannels && input.paddedCount == part.convolution.inputCount
  }
}
