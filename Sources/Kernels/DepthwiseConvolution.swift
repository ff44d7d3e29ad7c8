// Public for Martlet's layers; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import KernelCore

/// A convolution of each channel by itself.
public struct DepthwiseConvolution: Sendable, Equatable {
  /// From the input to what the kernels read.
  public let input: PaddingGeometry
  /// From the output to what the kernels write.
  public let output: PaddingGeometry
  public let geometry: DepthwiseGeometry
  public let rectifies: Bool

  public init(
    _ geometry: DepthwiseGeometry, input: PaddingGeometry, rectifies: Bool, outputLayout: ImageLayout
  ) {
    self.geometry = geometry
    self.input = input
    self.rectifies = rectifies
    output = PaddingGeometry(
      channels: geometry.channels, height: geometry.outputHeight, width: geometry.outputWidth, layout: outputLayout,
      paddedLayout: .channelsLast, paddedChannels: geometry.pixel)
  }

  /// The padded input, and the gradient of the output.
  public var keptCount: Int { geometry.paddedCount + geometry.outputCount }
  public var preparedCount: Int { geometry.preparedCount }
  public var workspaceCount: Int { max(geometry.paddedCount, geometry.outputCount, geometry.preparedCount) }

  var isPossible: Bool {
    geometry.isPossible && input.isPossible && output.isPossible && input.paddedCount == geometry.paddedCount
      && input.paddedLayout == .channelsLast
  }
}
