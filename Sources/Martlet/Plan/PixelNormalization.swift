import Requirements

/// How a byte becomes a float: (byte / 255 − mean) / standardDeviation.
public struct PixelNormalization: Sendable, Hashable {
  /// Taken off each pixel, which is 0…1 then.
  public let mean: Float
  /// What the rest is divided by.
  public let standardDeviation: Float

  /// A normalisation; the deviation is above 0.
  public init(mean: Float, standardDeviation: Float) {
    require(standardDeviation > 0, "The standard deviation must be above 0, not \(standardDeviation).")
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// 0…255 becomes −1…1, as in PyTorch's tutorial.
  public static let minusOneToOne = PixelNormalization(mean: 0.5, standardDeviation: 0.5)
}
