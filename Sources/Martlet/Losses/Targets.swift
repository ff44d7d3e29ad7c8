import Requirements

/// What a network should say about each example: a class index, or a distribution over the classes.
///
/// Which of the two it is belongs to the type and is never guessed from a shape. Both are checked once, when they are
/// made.
///
/// ```swift
/// let hard = try Targets.classIndices([2, 0], classCount: 3)
/// let soft = try Targets.probabilities([0, 0.1, 0.9, 1, 0, 0], classCount: 3)
/// print(hard.count, soft.count)  // 2 2
/// ```
public struct Targets: Sendable {
  /// The two encodings.
  public enum Encoding: Sendable, Hashable, CaseIterable {
    /// One class index an example.
    case classIndices
    /// One distribution an example.
    case probabilities
  }

  /// The number of examples.
  public let count: Int
  /// The number of classes.
  public let classCount: Int
  /// Which encoding these targets have.
  public let encoding: Encoding
  /// (count), or empty with distributions.
  private let indices: [Int32]
  /// (count, classCount), or empty with class indices.
  private let rows: [Float]

  /// Class indices, each in 0 ..< `classCount`.
  ///
  /// - Throws: ``TargetError`` with the first row that is out of range.
  public static func classIndices(
    _ indices: some Collection<Int>, classCount: Int
  ) throws(TargetError) -> Targets {
    require(classCount >= 1, "There must be at least one class, not \(classCount).")
    var stored: [Int32] = []
    stored.reserveCapacity(indices.count)
    for (row, index) in indices.enumerated() {
      guard index >= 0 && index < classCount else {
        throw TargetError(row: row, problem: .classOutOfRange(index, classCount: classCount))
      }
      stored.append(Int32(index))
    }
    return Targets(
      count: stored.count, classCount: classCount, encoding: .classIndices, indices: stored, rows: [])
  }

  /// One distribution a row, (rows, `classCount`).
  ///
  /// - Parameters:
  ///   - values: the rows, one behind the other.
  ///   - classCount: the length of a row.
  ///   - allowsUnnormalizedRows: whether rows may sum to something else than 1 (within 1e-3), and have negative
  ///     elements, as some published losses ask for. Every element must be finite in any case.
  /// - Throws: ``TargetError`` with the first row that is wrong.
  public static func probabilities(
    _ values: [Float], classCount: Int, allowsUnnormalizedRows: Bool = false
  ) throws(TargetError) -> Targets {
    require(classCount >= 1, "There must be at least one class, not \(classCount).")
    require(
      values.count % classCount == 0, "\(values.count) values are no whole number of rows of \(classCount).")
    for row in 0..<values.count / classCount {
      var sum = 0.0
      for column in 0..<classCount {
        let value = values[row * classCount + column]
        guard value.isFinite else { throw TargetError(row: row, problem: .notFinite(value, class: column)) }
        guard value >= 0 || allowsUnnormalizedRows else {
          throw TargetError(row: row, problem: .negative(value, class: column))
        }
        sum += Double(value)
      }
      guard abs(sum - 1) <= 1e-3 || allowsUnnormalizedRows else {
        throw TargetError(row: row, problem: .notNormalized(sum: sum))
      }
    }
    return Targets(
      count: values.count / classCount, classCount: classCount, encoding: .probabilities, indices: [], rows: values)
  }

  /// The target of the example at `row`.
  @_lifetime(borrow self)
  public func target(at row: Int) -> Target {
    switch encoding {
    case .classIndices: .classIndex(Int(indices[row]))
    case .probabilities: .probabilities(rows.span.extracting(row * classCount..<(row + 1) * classCount))
    }
  }

  /// The target of the example at `row` as a distribution, one-hot if it is a class index.
  public func distribution(at row: Int) -> [Float] {
    switch encoding {
    case .probabilities:
      return Array(rows[row * classCount..<(row + 1) * classCount])
    case .classIndices:
      var distribution = [Float](repeating: 0, count: classCount)
      distribution[Int(indices[row])] = 1
      return distribution
    }
  }
}

/// One example's target, as a loss sees it.
public enum Target: ~Escapable {
  /// The index of the right class.
  case classIndex(Int)
  /// The probability of each class.
  case probabilities(Span<Float>)
}

/// Why targets cannot be used: the row, and what is wrong there.
public struct TargetError: Error, Hashable, CustomStringConvertible {
  /// The kinds of mistake.
  public enum Problem: Sendable, Hashable {
    /// A class index that is negative or too large.
    case classOutOfRange(Int, classCount: Int)
    /// A probability below 0.
    case negative(Float, class: Int)
    /// A probability that is infinite or not a number.
    case notFinite(Float, class: Int)
    /// A row whose sum is not 1 within 1e-3.
    case notNormalized(sum: Double)
  }

  /// The row, counted from 0.
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
    case .notFinite(let value, let column):
      "Target row \(row) gives class \(column) the probability \(value), which is not a finite number."
    case .notNormalized(let sum):
      "Target row \(row) sums to \(sum); probabilities must sum to 1 (within 1e-3)."
    }
  }
}
