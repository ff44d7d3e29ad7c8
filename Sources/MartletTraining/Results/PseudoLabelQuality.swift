/// How good pseudo-labels are, on the images that had none before.
public struct PseudoLabelQuality: Sendable, Hashable, Codable {
  /// The images with pseudo-labels.
  public let count: Int
  /// Those of them whose largest probability reaches the threshold.
  public let confident: Int
  /// Those of the confident ones whose most probable class is the label that the data set has for them; a noisy one, if labels are.
  public let right: Int

  /// The share of confident pseudo-labels that are right; NaN if none is confident.
  public var accuracy: Double { Double(right) / Double(confident) }
}
