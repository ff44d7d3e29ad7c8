import Requirements

/// How a byte becomes a float: (byte / 255 − mean) / standardDeviation, with one mean and deviation for all channels, or one
/// for each.
///
/// ```swift
/// let grey = PixelNormalization(mean: 0.1307, standardDeviation: 0.3081)
/// let colour = PixelNormalization(mean: [0.491, 0.482, 0.447], standardDeviation: [0.247, 0.243, 0.262])
/// print(grey.mean.count, colour.mean.count)  // 1 3
/// ```
public struct PixelNormalization: Sendable, Hashable {
  /// What is subtracted from each pixel, which is 0…1 then: one value, or one for each channel.
  public let mean: [Float]
  /// What the difference is divided by: one value, or one for each channel.
  public let standardDeviation: [Float]

  /// One mean and one deviation for each channel; each deviation is above 0.
  public init(mean: [Float], standardDeviation: [Float]) {
    require(
      !mean.isEmpty && mean.count == standardDeviation.count,
      "There are \(mean.count) means for \(standardDeviation.count) standard deviations.")
    for deviation in standardDeviation {
      require(deviation > 0, "The standard deviation must be above 0, not \(deviation).")
    }
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// One mean and one deviation for all channels; the deviation is above 0.
  public init(mean: Float, standardDeviation: Float) {
    self.init(mean: [mean], standardDeviation: [standardDeviation])
  }

  /// 0…255 becomes −1…1, as in PyTorch's tutorial.
  public static let minusOneToOne = PixelNormalization(mean: 0.5, standardDeviation: 0.5)

  /// The mean and the deviation of that channel.
  func statistics(of channel: Int) -> (mean: Float, deviation: Float) {
    let index = mean.count == 1 ? 0 : channel
    return (mean[index], standardDeviation[index])
  }
}
