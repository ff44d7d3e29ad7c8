/// How the values of a batch's rows become one number to make small. What PyTorch calls `reduction='none'`
/// is ``LossValues/rows``.
public enum Reduction: String, Sendable, Hashable, CaseIterable {
  /// The sum of the rows' values, divided by a denominator that the loss says: mostly the number of rows.
  case mean
  /// The sum of the rows' values.
  case sum
}

extension Reduction {
  /// What a row's gradient is multiplied by.
  func scale(denominator: Double) -> Float {
    // Without a denominator there is nothing to learn from, whatever the mean of nothing is.
    self == .sum ? 1 : denominator == 0 ? 0 : 1 / Float(denominator)
  }
}
