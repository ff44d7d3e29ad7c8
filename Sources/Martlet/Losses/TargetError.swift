/// Why targets cannot be used: the row, and what is wrong there.
public struct TargetError: Error, Hashable, CustomStringConvertible {
  /// The kinds of mistake.
  public enum Problem: Sendable, Hashable {
    /// A class index that is negative or too large.
    case classOutOfRange(Int, classCount: Int)
    /// A probability below 0.
    case negative(Float, class: Int)
    /// A probability above 1.
    case aboveOne(Float, class: Int)
    /// A probability that is infinite or not a number.
    case notFinite(Float, class: Int)
    /// A row whose sum is not 1 within 1e-3.
    case notNormalized(sum: Double)
    /// A row that should be 1 for one class and 0 for all others.
    case notOneHot(Float, class: Int)
    /// A row of zeros that should be 1 for one class.
    case noClass
    /// Two classes with the largest probability.
    case tie(Int, Int)
    /// A probability that smoothing cannot have made.
    case notSmoothed(Float, class: Int, smoothing: Float)
  }

  /// The row, counted from 0; with several positions an example, over all positions of all examples.
  public let row: Int
  /// What is wrong.
  public let problem: Problem

  /// An error about one row.
  public init(row: Int, problem: Problem) {
    self.row = row
    self.problem = problem
  }

  /// Row and problem as a sentence.
  public var description: String {
    switch problem {
    case .classOutOfRange(let index, let classCount):
      "Target row \(row) is class \(index); with \(classCount) classes it must be in 0...\(classCount - 1)."
    case .negative(let value, let column):
      "Target row \(row) gives class \(column) the negative probability \(value)."
    case .aboveOne(let value, let column):
      "Target row \(row) gives class \(column) the probability \(value), which is above 1."
    case .notFinite(let value, let column):
      "Target row \(row) gives class \(column) the probability \(value), which is not a finite number."
    case .notNormalized(let sum):
      "Target row \(row) sums to \(sum); probabilities must sum to 1 (within 1e-3)."
    case .notOneHot(let value, let column):
      "Target row \(row) is not one-hot: class \(column) has \(value), where one class must have 1 and all others 0. "
        + "For the most probable class of a distribution, harden it."
    case .noClass:
      "Target row \(row) is not one-hot: it has 0 everywhere, where one class must have 1."
    case .tie(let first, let second):
      "Target row \(row) gives classes \(first) and \(second) the same, largest probability. Say how ties go."
    case .notSmoothed(let value, let column, let smoothing):
      "Target row \(row) gives class \(column) the probability \(value), which no distribution has after smoothing by "
        + "\(smoothing)."
    }
  }
}
