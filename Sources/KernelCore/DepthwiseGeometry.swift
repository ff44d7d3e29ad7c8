// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The sizes of a convolution of each channel by itself. Kernels see images with their channels last, padded to whole registers with
/// zeros, and with the border that the convolution asks for.
public struct DepthwiseGeometry: Sendable, Equatable {
  public let channels: Int
  public let paddedHeight: Int
  public let paddedWidth: Int
  public let kernelHeight: Int
  public let kernelWidth: Int
  public let strideY: Int
  public let strideX: Int
  public let dilationY: Int
  public let dilationX: Int

  @inlinable
  public init(
    channels: Int, paddedHeight: Int, paddedWidth: Int, kernelHeight: Int, kernelWidth: Int, strideY: Int,
    strideX: Int, dilationY: Int, dilationX: Int
  ) {
    self.channels = channels
    self.paddedHeight = paddedHeight
    self.paddedWidth = paddedWidth
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideY = strideY
    self.strideX = strideX
    self.dilationY = dilationY
    self.dilationX = dilationX
  }

  @inlinable public var isPossible: Bool {
    min(channels, kernelHeight, kernelWidth) >= 1 && min(strideY, strideX, dilationY, dilationX) >= 1
      && dilationY * (kernelHeight - 1) < paddedHeight && dilationX * (kernelWidth - 1) < paddedWidth
  }

  @inlinable public var outputHeight: Int { (paddedHeight - dilationY * (kernelHeight - 1) - 1) / strideY + 1 }
  @inlinable public var outputWidth: Int { (paddedWidth - dilationX * (kernelWidth - 1) - 1) / strideX + 1 }

  /// The channels, and zeros up to whole registers.
  @inlinable public var pixel: Int { Self.pixel(channels: channels) }

  @inlinable public static func pixel(channels: Int) -> Int { roundedUpToLanes(channels) }

  @inlinable public var taps: Int { kernelHeight * kernelWidth }
  @inlinable public var paddedCount: Int { paddedHeight * paddedWidth * pixel }
  @inlinable public var outputCount: Int { outputHeight * outputWidth * pixel }
  /// The weights, (taps, pixel), and the bias, (pixel).
  @inlinable public var preparedCount: Int { (taps + 1) * pixel }

  /// Where the first window's element under `tap` lies.
  @inlinable @inline(__always)
  public func offset(_ tap: Int) -> Int {
    (tap / kernelWidth * dilationY * paddedWidth + tap % kernelWidth * dilationX) * pixel
  }
}
