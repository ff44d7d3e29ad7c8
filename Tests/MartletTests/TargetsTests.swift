import Martlet
import Testing

@Suite("Targets")
struct TargetsTests {
  @Test("class indices out of range name their row", arguments: [-1, 3, 1000])
  func classOutOfRange(index: Int) {
    #expect(throws: TargetError(row: 2, problem: .classOutOfRange(index, classCount: 3))) {
      try Targets.classIndices([0, 2, index, 1], classCount: 3)
    }
  }

  @Test("a negative probability names its row and class")
  func negative() {
    #expect(throws: TargetError(row: 1, problem: .negative(-0.5, class: 0))) {
      try Targets.probabilities([0.5, 0.5, -0.5, 1.5], classCount: 2)
    }
  }

  @Test("probabilities that are not finite name their row", arguments: [Float.infinity, -Float.infinity])
  func infinite(value: Float) {
    #expect(throws: TargetError(row: 0, problem: .notFinite(value, class: 1))) {
      try Targets.probabilities([0.5, value], classCount: 2, allowsUnnormalizedRows: true)
    }
  }

  @Test("NaN is refused, whatever the flag says", arguments: [false, true])
  func notANumber(flag: Bool) {
    #expect(throws: TargetError.self) {
      try Targets.probabilities([.nan, 1], classCount: 2, allowsUnnormalizedRows: flag)
    }
  }

  @Test("a row must sum to 1 within 1e-3, unless the flag allows otherwise")
  func normalization() throws {
    #expect(throws: TargetError.self) { try Targets.probabilities([0.5, 0.4985], classCount: 2) }
    _ = try Targets.probabilities([0.5, 0.4995], classCount: 2)
    let free = try Targets.probabilities([6.5, -7.5], classCount: 2, allowsUnnormalizedRows: true)
    #expect(free.distribution(at: 0) == [6.5, -7.5])
  }

  @Test("errors are sentences with the row in them")
  func sentences() {
    let error = TargetError(row: 41, problem: .classOutOfRange(12, classCount: 10))
    #expect(error.description == "Target row 41 is class 12; with 10 classes it must be in 0...9.")
  }
}

@Suite("Encodings of targets")
struct TargetEncodingTests {
  @Test("dense and one-hot are the same thing, both ways")
  func oneHot() throws {
    let dense = try Targets.classIndices([2, 0, 1], classCount: 3)
    let oneHot = try Targets.probabilities([0, 0, 1, 1, 0, 0, 0, 1, 0], classCount: 3)
    #expect(dense.asProbabilities() == oneHot && oneHot.asProbabilities() == oneHot)
    #expect(try oneHot.asClassIndices() == dense)
    #expect(try dense.asClassIndices() == dense)
  }

  @Test("a row that is not one-hot is an error with the row and what is wrong")
  func notOneHot() throws {
    func rows(_ second: [Float]) throws -> Targets {
      try .probabilities([0, 1, 0] + second, classCount: 3, allowsUnnormalizedRows: true)
    }
    for (second, problem) in [
      ([0, 0.25, 0.75], .notOneHot(0.25, class: 1)), ([1, 1, 0], .notOneHot(1, class: 1)), ([0, 0, 0], .noClass),
      ([2, 0, 0], .notOneHot(2, class: 0)), ([1, -1, 0], .notOneHot(-1, class: 1)),
    ] as [([Float], TargetError.Problem)] {
      #expect(throws: TargetError(row: 1, problem: problem)) { try rows(second).asClassIndices() }
    }
    #expect(
      TargetError(row: 1, problem: .notOneHot(0.25, class: 1)).description.hasPrefix(
        "Target row 1 is not one-hot: class 1 has 0.25, where one class must have 1"))
  }

  @Test("hardening takes the most probable class, and ties as it is told")
  func hardening() throws {
    let soft = try Targets.probabilities([0.2, 0.5, 0.3, 0.4, 0.2, 0.4, 0.25, 0.5, 0.25], classCount: 3)
    func classes(_ ties: Targets.TieRule) throws -> [Int?] {
      let hard = try soft.hardened(ties: ties)
      return (0..<3).map { hard.target(at: $0).classIndex }
    }
    #expect(try classes(.lowestClass) == [1, 0, 1])
    #expect(try classes(.highestClass) == [1, 2, 1])
    #expect(throws: TargetError(row: 1, problem: .tie(0, 2))) { try classes(.refused) }
    let drawn = try (0..<40).map { try classes(.random(seed: $0)) }
    #expect(drawn.allSatisfy { $0[0] == 1 && $0[2] == 1 } && Set(drawn.map { $0[1] }) == [0, 2])
    #expect(try classes(.random(seed: 5)) == classes(.random(seed: 5)))
  }

  @Test("smoothing is undone by the same smoothing, and by no other", arguments: [0, 0.1, 0.3, 0.9] as [Float])
  func smoothing(amount: Float) throws {
    let dense = try Targets.classIndices([2, 0, 1, 3], classCount: 4)
    let smoothed = dense.smoothed(by: amount)
    #expect(abs(smoothed.distribution(at: 0)[2] - (1 - amount + amount / 4)) < 1e-6)
    #expect(try smoothed.unsmoothed(by: amount).asClassIndices() == dense)
    #expect(try smoothed.hardened(ties: .refused) == dense)
    #expect(throws: TargetError.self) { try smoothed.unsmoothed(by: amount + 0.05) }
  }

  @Test("smoothing of a distribution is undone up to rounding")
  func smoothedDistributions() throws {
    let soft = try Targets.probabilities([0.5, 0.25, 0.25, 0.125, 0, 0.875], classCount: 3)
    let back = try soft.smoothed(by: 0.4).unsmoothed(by: 0.4)
    for row in 0..<2 {
      #expect(zip(back.distribution(at: row), soft.distribution(at: row)).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test("conversions keep ignored rows and positions")
  func ignored() throws {
    let dense = try Targets.classIndices([1, 255, 0, 1], classCount: 2, positions: [2], ignoreIndex: 255)
    for other in [
      dense.asProbabilities(), try dense.asProbabilities().asClassIndices(), dense.smoothed(by: 0.5),
      try dense.smoothed(by: 0.5).unsmoothed(by: 0.5), try dense.smoothed(by: 0.5).hardened(ties: .refused),
    ] {
      #expect(other.count == 2 && other.positions == [2] && other.ignoredCount == 1 && other.isIgnored(1))
    }
    #expect(try dense.asProbabilities().asClassIndices() == dense)
  }

  @Test("distributions at positions are read classes first, as PyTorch lays them out")
  func positions() throws {
    // One example, two classes, three positions.
    let targets = try Targets.probabilities([1, 0.5, 0, 0, 0.5, 1], classCount: 2, positions: [3])
    #expect((0..<3).map { targets.distribution(at: $0) } == [[1, 0], [0.5, 0.5], [0, 1]])
  }

  @Test("nothing is ignored unless it is named")
  func ignoreIndex() throws {
    #expect(throws: TargetError(row: 1, problem: .classOutOfRange(-100, classCount: 2))) {
      try Targets.classIndices([0, -100], classCount: 2)
    }
    #expect(try Targets.classIndices([0, 1], classCount: 2, ignoreIndex: 1).ignoredCount == 1)
  }

  @Test("logarithms of probabilities are distributions, with minus infinity for 0")
  func logProbabilities() throws {
    let targets = try Targets.logProbabilities([-.infinity, 0], classCount: 2)
    #expect(targets.distribution(at: 0) == [0, 1])
    #expect(throws: TargetError.self) { try Targets.logProbabilities([0, 0], classCount: 2) }
    #expect(throws: TargetError.self) { try Targets.logProbabilities([.nan, 0], classCount: 2) }
  }

  @Test("independent probabilities need not sum to 1, but each is from 0 to 1")
  func independent() throws {
    _ = try Targets.independentProbabilities([1, 1, 0, 0], labelCount: 2)
    #expect(throws: TargetError(row: 1, problem: .aboveOne(1.5, class: 0))) {
      try Targets.independentProbabilities([1, 1, 1.5, 0], labelCount: 2)
    }
    #expect(throws: TargetError(row: 0, problem: .negative(-0.5, class: 1))) {
      try Targets.independentProbabilities([1, -0.5], labelCount: 2)
    }
  }

  @Test("class indices with distributions keep both")
  func labelled() throws {
    let targets = try Targets.labelledProbabilities([1, 0], [0.75, 0.25, 0.5, 0.5], classCount: 2)
    #expect(targets.target(at: 0).classIndex == 1 && targets.distribution(at: 0) == [0.75, 0.25])
    #expect(try targets.asProbabilities() == .probabilities([0.75, 0.25, 0.5, 0.5], classCount: 2))
    let unknown = try Targets.labelledProbabilities([nil, 0], [0.75, 0.25, 0.5, 0.5], classCount: 2, ignoreIndex: 0)
    #expect(unknown.target(at: 0).classIndex == nil && unknown.distribution(at: 0) == [0.75, 0.25])
    #expect(!unknown.isIgnored(0) && unknown.isIgnored(1))
    #expect(throws: TargetError.self) { try Targets.labelledProbabilities([2, 0], [1, 0, 1, 0], classCount: 2) }
    #expect(throws: TargetError.self) { try Targets.labelledProbabilities([1, 0], [1, 0, 1, 1], classCount: 2) }
  }
}
