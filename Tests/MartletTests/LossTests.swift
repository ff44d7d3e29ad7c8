import Foundation
import Martlet
import MartletTestSupport
import Testing

/// One batch of logits and targets, and PyTorch's mean loss and gradient.
struct LossFixture: Decodable, Sendable, CustomTestStringConvertible {
  let rows: Int
  let classes: Int
  let smoothing: Float
  let encoding: String
  let logits: Numbers
  let targets: Numbers
  let loss: Double
  let gradient: Numbers

  var testDescription: String { "\(rows) × \(classes), \(encoding), smoothing \(smoothing)" }

  func makeTargets() throws -> Targets {
    encoding == "classIndices"
      ? try .classIndices(targets.integers, classCount: classes)
      : try .probabilities(targets.floats, classCount: classes)
  }

  static let all: [LossFixture] = (try? Fixture.load("losses.json", from: .module)) ?? []
}

/// The mean loss over the rows, and its gradient, the way a plan takes them.
func evaluate(_ loss: some Loss, logits: [Float], targets: Targets) -> (loss: Double, gradient: [Float]) {
  let classCount = targets.classCount
  var sum = 0.0
  var gradients: [Float] = []
  for row in 0..<targets.count {
    var gradient = [Float](repeating: .nan, count: classCount)
    var span = gradient.mutableSpan
    sum += Double(
      loss.evaluate(
        logits: logits.span.extracting(row * classCount..<(row + 1) * classCount), target: targets.target(at: row),
        gradient: &span))
    gradients += gradient.map { $0 / Float(targets.count) }
  }
  return (sum / Double(targets.count), gradients)
}

@Suite("Cross-entropy")
struct CrossEntropyTests {
  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(LossFixture.all.count == 60) }

  @Test("loss and gradient agree with PyTorch to 1e-6", arguments: LossFixture.all)
  func agreesWithPyTorch(fixture: LossFixture) throws {
    let found = evaluate(
      CrossEntropy(labelSmoothing: fixture.smoothing), logits: fixture.logits.floats, targets: try fixture.makeTargets()
    )
    #expect(abs(found.loss - fixture.loss) <= 1e-6 * max(1, abs(fixture.loss)))
    #expect(relativeError(found.gradient, fixture.gradient.doubles) <= 1e-6)
  }

  @Test(
    "a class index and its one-hot row give the same bits, smoothed or not", arguments: [0, 0.1, 0.3, 1] as [Float])
  func encodingsAgree(smoothing: Float) throws {
    let source = RandomSource(seed: 5)
    let logits = (0..<70).map { source.uniform(at: $0) * 20 - 10 }
    let indices = (0..<7).map { source.integer(below: 10, at: 100 + $0) }
    let hard = try Targets.classIndices(indices, classCount: 10)
    let oneHot = try Targets.probabilities((0..<7).flatMap { hard.distribution(at: $0) }, classCount: 10)
    let loss = CrossEntropy(labelSmoothing: smoothing)
    let (first, second) = (
      evaluate(loss, logits: logits, targets: hard), evaluate(loss, logits: logits, targets: oneHot)
    )
    #expect(first.loss.bitPattern == second.loss.bitPattern)
    #expect(first.gradient.map(\.bitPattern) == second.gradient.map(\.bitPattern))
  }

  @Test("a class index without smoothing is the negative logarithm of its softmax, and smoothing 1 forgets the label")
  func definition() throws {
    let logits: [Float] = [0.3, -1, 2]
    let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
    let softmax = logits.map { exp(Double($0)) / sum }
    let plain = evaluate(CrossEntropy(), logits: logits, targets: try .classIndices([1], classCount: 3))
    #expect(abs(plain.loss + log(softmax[1])) < 1e-6)
    #expect(relativeError(plain.gradient, [softmax[0], softmax[1] - 1, softmax[2]]) < 1e-6)
    let flat = CrossEntropy(labelSmoothing: 1)
    #expect(
      evaluate(flat, logits: logits, targets: try .classIndices([0], classCount: 3)).gradient
        == evaluate(flat, logits: logits, targets: try .classIndices([2], classCount: 3)).gradient)
  }

  @Test("a probability of 0 at a logit of minus infinity contributes nothing")
  func minusInfinity() throws {
    let targets = try Targets.probabilities([0.25, 0, 0.75], classCount: 3)
    let found = evaluate(CrossEntropy(), logits: [1, -.infinity, 1], targets: targets)
    #expect(abs(found.loss - log(2)) < 1e-6)
    #expect(found.gradient == [0.25, 0, -0.25])
  }

  /// A vector that PyTorch's own tests use, rounded there to four decimals.
  @Test("rows that do not sum to 1 weigh as much as they sum to")
  func unnormalized() throws {
    let logits: [Float] = [0.4, 0.8, 0.6, 0.3, 0, 0.5]
    let rows: [Float] = [6.2, -7.9, 3.4, 2.1, 8.6, -12.5]
    let targets = try Targets.probabilities(rows, classCount: 3, allowsUnnormalizedRows: true)
    let found = evaluate(CrossEntropy(), logits: logits, targets: targets)
    #expect(abs(found.loss - 3.9178) < 5e-5)
    let finding = GradientChecker(tolerance: 1e-6).check(
      found.gradient,
      of: { point in
        (0..<2).reduce(0) { sum, row in
          let columns = row * 3..<row * 3 + 3
          return sum + Reference.crossEntropy(
            logits: Array(point[columns]), distribution: rows[columns].map(Double.init), smoothing: 0) / 2
        }
      }, at: logits.map(Double.init))
    #expect(finding.isAcceptable, "\(finding)")
  }

  @Test("a confident and right row has a loss above 0")
  func confident() throws {
    let found = evaluate(
      CrossEntropy(), logits: [20, 0], targets: try .classIndices([0], classCount: 2))
    #expect(abs(found.loss / 2.0611536e-9 - 1) < 1e-5)
  }
}

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
