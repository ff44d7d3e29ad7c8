/// Mean and spread of some values.
public struct Summary: Sendable, Hashable, Codable {
  /// Their number.
  public let count: Int
  /// Their mean.
  public let mean: Double
  /// Their standard deviation, with n − 1; nil for one value.
  public let deviation: Double?

  /// The summary of `values`, of which there must be one at least.
  public init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    count = values.count
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
  }
}
