/// One training within a comparison: an arm under one seed.
public struct Trial: Sendable, Hashable, Codable {
  /// What the arm is called; by default as its labels are.
  public let arm: String
  /// Its labels.
  public let labels: LabelMode
  /// The seed of the initial weights, of the batch order, and of which images keep their labels.
  public let seed: UInt64

  /// A trial.
  public init(_ arm: String? = nil, labels: LabelMode, seed: UInt64) {
    self.arm = arm ?? labels.rawValue
    self.labels = labels
    self.seed = seed
  }
}
