import Kernels

/// Images that stay bytes until a row is asked for.
public struct PixelInputs: InputSource {
  public let inputShape: Shape
  /// (count, inputShape).
  private let pixels: [UInt8]
  private let normalization: PixelNormalization

  /// Images one behind the other, (count, inputShape).
  public init(pixels: [UInt8], inputShape: Shape, normalization: PixelNormalization) {
    precondition(
      pixels.count % inputShape.count == 0,
      "\(pixels.count) bytes are no whole number of images of shape \(inputShape).")
    self.pixels = pixels
    self.inputShape = inputShape
    self.normalization = normalization
  }

  public var count: Int { pixels.count / inputShape.count }

  public func read(_ index: Int, into row: inout MutableSpan<Float>) {
    Kernel.normalize(
      pixels.span.extracting(index * inputShape.count..<(index + 1) * inputShape.count),
      scale: 1 / (255 * normalization.standardDeviation), offset: -normalization.mean / normalization.standardDeviation,
      into: &row)
  }
}

/// How a byte becomes a float: (byte / 255 − mean) / standardDeviation.
public struct PixelNormalization: Sendable, Hashable {
  /// Taken off each pixel, which is 0…1 then.
  public let mean: Float
  /// What the rest is divided by.
  public let standardDeviation: Float

  /// A normalisation; the deviation is above 0.
  public init(mean: Float, standardDeviation: Float) {
    precondition(standardDeviation > 0, "The standard deviation must be above 0, not \(standardDeviation).")
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// 0…255 becomes −1…1, as in PyTorch's tutorial.
  public static let minusOneToOne = PixelNormalization(mean: 0.5, standardDeviation: 0.5)
}
