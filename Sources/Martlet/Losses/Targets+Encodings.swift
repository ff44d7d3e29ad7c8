import Requirements

/// Conversions among class indices and distributions. All keep positions and ignored rows. Of a teacher's distributions with class
/// indices, the distributions are converted, and the indices dropped. Independent probabilities are no distributions, and are not
/// converted.
///
/// ```swift
/// let dense = try Targets.classIndices([2, 0], classCount: 3)
/// let oneHot = dense.asProbabilities()
/// print(oneHot.distribution(at: 0))              // [0.0, 0.0, 1.0]
/// print(try oneHot.asClassIndices() == dense)    // true
/// let smoothed = oneHot.smoothed(by: 0.3)
/// print(smoothed.distribution(at: 1))            // [0.8, 0.1, 0.1]
/// print(try smoothed.hardened(ties: .refused) == dense)  // true
/// ```
extension Targets {
  /// What becomes of a row in which several classes have the largest probability.
  public enum TieRule: Sendable, Hashable {
    /// The class with the lowest index is taken, as PyTorch's `argmax` does on a CPU.
    case lowestClass
    /// The class with the highest index is taken.
    case highestClass
    /// A class is drawn, from a seed and the row's number.
    case random(seed: UInt64)
    /// The row is an error.
    case refused
  }

  /// Each row as a distribution, one-hot where it is a class index.
  public func asProbabilities() -> Targets {
    replacing(distributions: mapRows { target, index in target.probability(of: index) })
  }

  /// Each row as a class index, which it must be: 1 for one class, and 0 for all others.
  ///
  /// - Throws: ``TargetError`` with the first row that is not one-hot. ``hardened(ties:)`` takes any row.
  public func asClassIndices() throws(TargetError) -> Targets {
    try mapClasses { (target, row) throws(TargetError) in
      if case .classIndex(let index) = target { return index }
      var found: Int?
      for index in 0..<classCount {
        let value = target.probability(of: index)
        if value == 0 { continue }
        guard value == 1, found == nil else { throw TargetError(row: row, problem: .notOneHot(value, class: index)) }
        found = index
      }
      guard let found else { throw TargetError(row: row, problem: .noClass) }
      return found
    }
  }

  /// The most probable class of each row.
  ///
  /// - Parameter ties: what becomes of rows with several of them.
  /// - Throws: ``TargetError`` with the first row that is a tie, if ties are refused.
  public func hardened(ties: TieRule) throws(TargetError) -> Targets {
    try mapClasses { (target, row) throws(TargetError) in
      if case .classIndex(let index) = target { return index }
      let largest = (0..<classCount).reduce(-Float.infinity) { max($0, target.probability(of: $1)) }
      let winners = (0..<classCount).filter { target.probability(of: $0) == largest }
      switch ties {
      case .lowestClass: return winners[0]
      case .highestClass: return winners[winners.count - 1]
      case .random(let seed):
        return winners[RandomSource(seed: seed).stream("ties").integer(below: winners.count, at: row)]
      case .refused:
        guard winners.count == 1 else { throw TargetError(row: row, problem: .tie(winners[0], winners[1])) }
        return winners[0]
      }
    }
  }

  /// t(1 − ε) + ε/C for each row t: what ``CrossEntropy`` does by itself with the same `labelSmoothing`.
  public func smoothed(by smoothing: Float) -> Targets {
    CrossEntropy.check(smoothing: smoothing)
    let spread = smoothing / Float(classCount)
    return replacing(
      distributions: mapRows { target, index in target.probability(of: index) * (1 - smoothing) + spread })
  }

  /// The distributions that `smoothed(by:)` made these of: (t′ − ε/C) / (1 − ε).
  ///
  /// - Parameter smoothing: ε, from 0 up to, but not including, 1.
  /// - Throws: ``TargetError`` with the first row that has a probability outside ε/C … 1 − ε + ε/C (within 1e-6).
  public func unsmoothed(by smoothing: Float) throws(TargetError) -> Targets {
    require(smoothing >= 0 && smoothing < 1, "Only a smoothing from 0 to below 1 can be undone, not \(smoothing).")
    checkIsConvertible()
    let spread = smoothing / Float(classCount)
    var distributions: [Float] = []
    distributions.reserveCapacity(rowCount * classCount)
    for row in 0..<rowCount {
      for index in 0..<classCount {
        if isIgnored(row) {
          distributions.append(0)
          continue
        }
        let value = target(at: row).probability(of: index)
        let original = (value - spread) / (1 - smoothing)
        // As much as rounding can have done to it.
        let slack = 1e-6 / (1 - smoothing)
        guard original >= -slack && original <= 1 + slack else {
          throw TargetError(row: row, problem: .notSmoothed(value, class: index, smoothing: smoothing))
        }
        distributions.append(abs(original) <= slack ? 0 : abs(original - 1) <= slack ? 1 : original)
      }
    }
    return replacing(distributions: distributions)
  }

  private func checkIsConvertible() {
    require(
      encoding != .independentProbabilities, "Independent probabilities are no distributions, and cannot be converted.")
  }

  /// (rowCount, classCount) out of each row and class; 0 in ignored rows.
  private func mapRows(_ value: (borrowing Target, Int) -> Float) -> [Float] {
    checkIsConvertible()
    var values: [Float] = []
    values.reserveCapacity(rowCount * classCount)
    for row in 0..<rowCount {
      if isIgnored(row) {
        values.append(contentsOf: repeatElement(0, count: classCount))
        continue
      }
      let target = target(at: row)
      for index in 0..<classCount { values.append(value(target, index)) }
    }
    return values
  }

  /// A class for each row.
  private func mapClasses(
    _ classIndex: (borrowing Target, Int) throws(TargetError) -> Int
  ) throws(TargetError) -> Targets {
    checkIsConvertible()
    var indices: [Int32] = []
    indices.reserveCapacity(rowCount)
    for row in 0..<rowCount {
      indices.append(isIgnored(row) ? -1 : Int32(try classIndex(target(at: row), row)))
    }
    return replacing(classIndices: indices)
  }
}
