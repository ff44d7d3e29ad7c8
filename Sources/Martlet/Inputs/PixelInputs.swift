import Kernels
import Requirements

/// Images that stay bytes until a row is asked for.
public struct PixelInputs: InputSource {
  /// (channels, height, width).
  public let inputShape: Shape
  /// (count, inputShape).
  private let pixels: [UInt8]
  private let scaling: PixelNormalization

  /// Images one behind the other, (count, inputShape).
  public init(pixels: [UInt8], inputShape: Shape, normalization: PixelNormalization) {
    require(
      pixels.count % inputShape.count == 0,
      "\(pixels.count) bytes are no whole number of images of shape \(inputShape).")
    let channels = normalization.mean.count
    require(
      channels == 1 || (inputShape.rank >= 1 && channels == inputShape[0]),
      "A normalization of \(channels) channels does not fit images of shape \(inputShape).")
    self.pixels = pixels
    self.inputShape = inputShape
    scaling = normalization
  }

  /// How bytes become floats.
  public var normalization: PixelNormalization? { scaling }

  /// The number of images.
  public var count: Int { pixels.count / inputShape.count }

  /// Converts image `index`.
  public func read(_ index: Int, as view: View, into row: inout MutableSpan<Float>) {
    let image = pixels.span.extracting(index * inputShape.count..<(index + 1) * inputShape.count)
    let channels = scaling.mean.count
    let size = inputShape.count / channels
    for channel in 0..<channels {
      let (mean, deviation) = (scaling.mean[channel], scaling.standardDeviation[channel])
      Kernel.normalize(
        image, channel * size..<(channel + 1) * size, scale: 1 / (255 * deviation), offset: -mean / deviation,
        into: &row)
    }
  }
}
