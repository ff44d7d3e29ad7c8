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
///
/// An example may have several targets, one at each position of a shape (d1, …, dk), as for a network that labels every
/// pixel. Class indices are then (examples, d1, …, dk), and probabilities (examples, classes, d1, …, dk), as in PyTorch.
///
/// A row can be left out of every loss: see ``classIndices(_:classCount:positions:ignoreIndex:)`` and
/// ``ignoring(_:)``.
public struct Targets: Sendable, Equatable {
  /// What a row is.
  public enum Encoding: Sendable, Hashable, CaseIterable {
    /// A class index.
    case classIndices
    /// A distribution over the classes.
    case probabilities
    /// A probability for each class, independent of those of the others.
    case independentProbabilities
    /// A teacher's distribution, and beside it a class index where it is known.
    case labelledProbabilities
  }

  /// The number of examples.
  public let count: Int
  /// The number of classes.
  public let classCount: Int
  /// The shape of the positions that one example has targets at, (d1, …, dk); `[]` for one target an example.
  public let positions: Shape
  /// What each row is.
  public let encoding: Encoding
  /// (rowCount), or empty without class indices.
  private let indices: [Int32]
  /// (rowCount, classCount), or empty without probabilities.
  private let rows: [Float]
  /// (rowCount), or empty if no row is ignored.
  private let ignored: [Bool]

  /// The number of rows: examples times positions. Row `example * positions.count + position` belongs to a position.
  public var rowCount: Int { count * positions.count }

  /// The number of rows that losses leave out.
  public var ignoredCount: Int { ignored.count { $0 } }

  private init(
    classCount: Int, positions: Shape, encoding: Encoding, indices: [Int32] = [], rows: [Float] = [],
    ignored: [Bool] = []
  ) {
    let rowCount = encoding == .classIndices ? indices.count : rows.count / classCount
    require(
      rowCount % positions.count == 0, "\(rowCount) rows are no whole number of examples with positions \(positions).")
    count = rowCount / positions.count
    self.classCount = classCount
    self.positions = positions
    self.encoding = encoding
    self.indices = indices
    self.rows = rows
    self.ignored = ignored.contains(true) ? ignored : []
  }

  /// Class indices, each in 0 ..< `classCount`.
  ///
  /// - Parameters:
  ///   - indices: the indices, (examples, positions).
  ///   - classCount: the number of classes.
  ///   - positions: the shape of the positions of one example; `[]` for one target an example.
  ///   - ignoreIndex: rows with this index have no target: every loss leaves them out. It need not be a class. PyTorch
  ///     ignores −100 without being asked; here nothing is ignored unless it is named.
  /// - Throws: ``TargetError`` with the first row that is out of range.
  public static func classIndices(
    _ indices: some Collection<Int>, classCount: Int, positions: Shape = [], ignoreIndex: Int? = nil
  ) throws(TargetError) -> Targets {
    let stored = try checkedIndices(indices, classCount: classCount, ignoreIndex: ignoreIndex)
    return Targets(
      classCount: classCount, positions: positions, encoding: .classIndices, indices: stored,
      ignored: indices.map { $0 == ignoreIndex })
  }

  /// One distribution a row, (examples, `classCount`, positions).
  ///
  /// - Parameters:
  ///   - values: the distributions; without positions, rows one behind the other.
  ///   - classCount: the length of a row.
  ///   - positions: the shape of the positions of one example; `[]` for one target an example.
  ///   - allowsUnnormalizedRows: whether rows may sum to something else than 1 (within 1e-3), and have negative
  ///     elements, as some published losses ask for. Every element must be finite in any case.
  /// - Throws: ``TargetError`` with the first row that is wrong.
  public static func probabilities(
    _ values: [Float], classCount: Int, positions: Shape = [], allowsUnnormalizedRows: Bool = false
  ) throws(TargetError) -> Targets {
    let rows = classesLast(values, classCount: classCount, positions: positions)
    try check(rows, classCount: classCount, allowed: allowsUnnormalizedRows ? .finite : .distributions)
    return Targets(classCount: classCount, positions: positions, encoding: .probabilities, rows: rows)
  }

  /// One distribution a row, given by its logarithms, (examples, `classCount`, positions); −∞ stands for 0.
  ///
  /// For ``KLDivergence`` this is PyTorch's `log_target=True`, and every other loss takes such targets too.
  ///
  /// - Throws: ``TargetError`` with the first row whose exponentials are no distribution.
  public static func logProbabilities(
    _ values: [Float], classCount: Int, positions: Shape = []
  ) throws(TargetError) -> Targets {
    try probabilities(values.map { Float(Double($0).exponential) }, classCount: classCount, positions: positions)
  }

  /// One probability for each label, independent of the others, (examples, `labelCount`, positions): several labels may
  /// hold, or none. For ``BinaryCrossEntropyWithLogits``.
  ///
  /// ```swift
  /// let tags = try Targets.independentProbabilities([1, 1, 0, 0, 0.5, 0], labelCount: 3)
  /// print(tags.count)  // 2
  /// ```
  ///
  /// - Throws: ``TargetError`` with the first row that has an element outside 0…1.
  public static func independentProbabilities(
    _ values: [Float], labelCount: Int, positions: Shape = []
  ) throws(TargetError) -> Targets {
    let rows = classesLast(values, classCount: labelCount, positions: positions)
    try check(rows, classCount: labelCount, allowed: .unitInterval)
    return Targets(classCount: labelCount, positions: positions, encoding: .independentProbabilities, rows: rows)
  }

  /// Class indices with a teacher's distributions beside them, for ``Distillation``.
  ///
  /// - Parameters:
  ///   - indices: the classes, (examples, positions); nil where only the teacher knows.
  ///   - probabilities: the distributions, (examples, `classCount`, positions).
  ///   - classCount: the number of classes.
  ///   - positions: the shape of the positions of one example; `[]` for one target an example.
  ///   - ignoreIndex: rows with this index have no target.
  /// - Throws: ``TargetError`` with the first row that is wrong.
  public static func labelledProbabilities(
    _ indices: some Collection<Int?>, _ probabilities: [Float], classCount: Int, positions: Shape = [],
    ignoreIndex: Int? = nil
  ) throws(TargetError) -> Targets {
    // A class that is not known is checked, and kept, as one that is not there.
    var stored = try checkedIndices(indices.map { $0 ?? 0 }, classCount: classCount, ignoreIndex: ignoreIndex)
    for (row, index) in indices.enumerated() where index == nil { stored[row] = -1 }
    let rows = classesLast(probabilities, classCount: classCount, positions: positions)
    require(
      rows.count == stored.count * classCount,
      "There are \(stored.count) class indices, but \(rows.count / classCount) distributions.")
    try check(rows, classCount: classCount, allowed: .distributions)
    return Targets(
      classCount: classCount, positions: positions, encoding: .labelledProbabilities, indices: stored, rows: rows,
      ignored: indices.map { $0 != nil && $0 == ignoreIndex })
  }

  /// The same targets, but with `rows` left out of every loss.
  public func ignoring(_ rows: some Sequence<Int>) -> Targets {
    var ignored = self.ignored.isEmpty ? Array(repeating: false, count: rowCount) : self.ignored
    for row in rows {
      require(row >= 0 && row < rowCount, "There is no target row \(row) among \(rowCount).")
      ignored[row] = true
    }
    return replacing(ignored: ignored)
  }

  private func replacing(ignored: [Bool]) -> Targets {
    Targets(
      classCount: classCount, positions: positions, encoding: encoding, indices: indices, rows: rows, ignored: ignored)
  }

  /// These targets' positions and ignored rows, with distributions in place of what they say.
  func replacing(distributions: [Float]) -> Targets {
    Targets(
      classCount: classCount, positions: positions, encoding: .probabilities, rows: distributions, ignored: ignored)
  }

  /// These targets' positions and ignored rows, with class indices in place of what they say.
  func replacing(classIndices: [Int32]) -> Targets {
    Targets(
      classCount: classCount, positions: positions, encoding: .classIndices, indices: classIndices, ignored: ignored)
  }

  /// Whether losses leave `row` out.
  public func isIgnored(_ row: Int) -> Bool { !ignored.isEmpty && ignored[row] }

  /// The target at `row`, which must not be ignored.
  @_lifetime(borrow self)
  public func target(at row: Int) -> Target {
    require(!isIgnored(row), "Target row \(row) is ignored; nothing is said about it.")
    switch encoding {
    case .classIndices: return .classIndex(Int(indices[row]))
    case .probabilities, .independentProbabilities: return .probabilities(distributionSpan(at: row))
    case .labelledProbabilities:
      return indices[row] < 0
        ? .probabilities(distributionSpan(at: row))
        : .labelledProbabilities(Int(indices[row]), distributionSpan(at: row))
    }
  }

  @_lifetime(borrow self)
  private func distributionSpan(at row: Int) -> Span<Float> {
    rows.span.extracting(row * classCount..<(row + 1) * classCount)
  }

  /// The target at `row` as a distribution, one-hot if it is a class index. The row must not be ignored.
  public func distribution(at row: Int) -> [Float] {
    let target = target(at: row)
    return (0..<classCount).map { target.probability(of: $0) }
  }

  private static func checkedIndices(
    _ indices: some Collection<Int>, classCount: Int, ignoreIndex: Int?
  ) throws(TargetError) -> [Int32] {
    require(classCount >= 1, "There must be at least one class, not \(classCount).")
    var stored: [Int32] = []
    stored.reserveCapacity(indices.count)
    for (row, index) in indices.enumerated() {
      guard (index >= 0 && index < classCount) || index == ignoreIndex else {
        throw TargetError(row: row, problem: .classOutOfRange(index, classCount: classCount))
      }
      stored.append(index == ignoreIndex ? -1 : Int32(index))
    }
    return stored
  }

  /// (examples, classes, positions) as (examples, positions, classes): a row for each position.
  private static func classesLast(_ values: [Float], classCount: Int, positions: Shape) -> [Float] {
    require(classCount >= 1, "There must be at least one class, not \(classCount).")
    let width = classCount * positions.count
    require(
      values.count % width == 0,
      "\(values.count) values are no whole number of rows of \(classCount), with positions \(positions).")
    guard positions.count > 1 else { return values }
    var rows: [Float] = []
    rows.reserveCapacity(values.count)
    for example in 0..<values.count / width {
      for position in 0..<positions.count {
        for column in 0..<classCount { rows.append(values[example * width + column * positions.count + position]) }
      }
    }
    return rows
  }

  /// What the elements of rows may be.
  private enum Allowed { case distributions, unitInterval, finite }

  private static func check(_ rows: [Float], classCount: Int, allowed: Allowed) throws(TargetError) {
    for row in 0..<rows.count / classCount {
      var sum = 0.0
      for column in 0..<classCount {
        let value = rows[row * classCount + column]
        func error(_ problem: TargetError.Problem) -> TargetError { TargetError(row: row, problem: problem) }
        guard value.isFinite else { throw error(.notFinite(value, class: column)) }
        guard value >= 0 || allowed == .finite else { throw error(.negative(value, class: column)) }
        guard value <= 1 || allowed != .unitInterval else { throw error(.aboveOne(value, class: column)) }
        sum += Double(value)
      }
      guard abs(sum - 1) <= 1e-3 || allowed != .distributions else {
        throw TargetError(row: row, problem: .notNormalized(sum: sum))
      }
    }
  }
}
