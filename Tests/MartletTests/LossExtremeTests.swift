import Foundation
import Martlet
import MartletTestSupport
import Testing

/// The losses once more in double precision, as plainly as their formulas say, of one row.
private struct ReferenceLoss: Sendable {
  let loss: any Loss
  let value: @Sendable (_ logits: [Double], _ target: [Double]) -> Double

  /// log softmax, and log(1 − softmax), both without cancellation.
  static func logSoftmax(_ x: [Double]) -> [Double] {
    let best = x.indices.max { x[$0] < x[$1] } ?? 0
    let others = x.indices.reduce(0.0) { $1 == best ? $0 : $0 + exp(x[$1] - x[best]) }
    return x.map { $0 - x[best] - log1p(others) }
  }

  /// Σ a·b, where 0 times anything is 0.
  static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $1.0 == 0 ? $0 : $0 + $1.0 * $1.1 } }

  static let all: [ReferenceLoss] = [
    ReferenceLoss(loss: CrossEntropy()) { x, t in -dot(t, logSoftmax(x)) },
    ReferenceLoss(loss: KLDivergence()) { x, t in
      zip(t, logSoftmax(x)).reduce(0) { $1.0 == 0 ? $0 : $0 + $1.0 * (log($1.0) - $1.1) }
    },
    ReferenceLoss(loss: FocalLoss(gamma: 2)) { x, t in
      let logs = logSoftmax(x)
      return -dot(zip(t, logs).map { $0 * pow(expm1($1), 2) }, logs)
    },
    ReferenceLoss(loss: GeneralizedCrossEntropy(q: 0.7)) { x, t in
      // The loss keeps q as a single-precision number.
      let q = Double(0.7 as Float)
      return dot(t, logSoftmax(x).map { -expm1(q * $0) / q })
    },
    ReferenceLoss(loss: SymmetricCrossEntropy(alpha: 0.125, beta: 1, logZero: -4)) { x, t in
      let logs = logSoftmax(x)
      return -0.125 * dot(t, logs) - dot(logs.map { exp($0) }, t.map { max(log($0), -4) })
    },
    ReferenceLoss(loss: Bootstrapping(beta: 0.75, prediction: .soft)) { x, t in
      let logs = logSoftmax(x)
      return -dot(zip(t, logs).map { 0.75 * $0 + 0.25 * exp($1) }, logs)
    },
    ReferenceLoss(loss: Bootstrapping(beta: 0.75, prediction: .hard)) { x, t in
      let logs = logSoftmax(x)
      let best = x.indices.max { x[$0] < x[$1] } ?? 0
      return -dot(t.indices.map { 0.75 * t[$0] + ($0 == best ? 0.25 : 0) }, logs)
    },
    ReferenceLoss(loss: MeanSquaredError(appliesSoftmax: true)) { x, t in
      zip(logSoftmax(x), t).reduce(0) { $0 + ($1.1 - exp($1.0)) * ($1.1 - exp($1.0)) }
    },
    ReferenceLoss(loss: BinaryCrossEntropyWithLogits()) { x, t in
      func softplus(_ z: Double) -> Double { z > 0 ? z + log1p(exp(-z)) : log1p(exp(z)) }
      return dot(t, x.map { softplus(-$0) }) + dot(t.map { 1 - $0 }, x.map(softplus))
    },
  ]
}

@Suite("Extremes")
struct LossExtremeTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let logits: [Float]
    let target: [Float]
    var testDescription: String { name }
    /// Whether the most probable class changes within the differences' step: a kink of hard bootstrapping.
    var isTied: Bool {
      let sorted = logits.sorted(by: >)
      return sorted.count > 1 && sorted[0] - sorted[1] < 1e-3
    }
  }

  private static let tiny = Float.leastNonzeroMagnitude

  static let rows: [Row] = [
    Row(name: "±10,000, right", logits: [1e4, -1e4, 0], target: [1, 0, 0]),
    Row(name: "±10,000, wrong", logits: [1e4, -1e4, 0], target: [0, 1, 0]),
    Row(name: "±10,000, soft", logits: [1e4, -1e4], target: [0.25, 0.75]),
    Row(name: "all 10,000", logits: [1e4, 1e4, 1e4], target: [0, 1, 0]),
    Row(name: "confident and right by 40", logits: [40, 0, -1], target: [1, 0, 0]),
    Row(name: "confident and right by 80", logits: [0, 80], target: [0, 1]),
    Row(name: "denormals", logits: [tiny, -tiny, 3 * tiny], target: [0, 0, 1]),
    Row(name: "denormals beside large ones", logits: [tiny, 50, -50], target: [0.5, 0.25, 0.25]),
    Row(name: "minus infinity where nothing is expected", logits: [0.5, -.infinity, 2], target: [0.25, 0, 0.75]),
    Row(name: "two classes", logits: [0.25, -0.25], target: [0, 1]),
    Row(name: "one class", logits: [3], target: [1]),
  ]

  private static func close(_ found: Double, _ expected: Double) -> Bool {
    // What underflows in double precision too is nothing.
    found == expected || abs(found - expected) <= max(1e-5 * abs(expected), 1e-37)
  }

  @Test("values agree with double precision to 1e-5, each relative to itself", arguments: rows)
  func values(row: Row) throws {
    for reference in ReferenceLoss.all {
      let targets = try Targets.probabilities(row.target, classCount: row.logits.count)
      let found = reference.loss.evaluate(logits: row.logits, targets: targets)
      let expected = reference.value(row.logits.map(Double.init), row.target.map(Double.init))
      #expect(Self.close(Double(found.rows[0]), expected), "\(reference.loss): \(found.rows[0]), not \(expected)")
      #expect(expected.isFinite && found.rowGradients.allSatisfy(\.isFinite), "\(reference.loss)")
    }
  }

  @Test("the gradient of cross-entropy is exact, also where it is nearly 0", arguments: rows)
  func gradients(row: Row) throws {
    let logs = ReferenceLoss.logSoftmax(row.logits.map(Double.init))
    let best = logs.indices.max { logs[$0] < logs[$1] } ?? 0
    let doubt = logs.indices.reduce(0.0) { $1 == best ? $0 : $0 + exp(logs[$1]) }
    let expected = logs.indices.map { index in
      let weight = Double(row.target[index])
      return index == best ? (1 - weight) - doubt : exp(logs[index]) - weight
    }
    let targets = try Targets.probabilities(row.target, classCount: row.logits.count)
    for loss in [CrossEntropy(), KLDivergence(), FormulaLoss { x, t in -(t * logSoftmax(x)).sum() }] as [any Loss] {
      let found = loss.evaluate(logits: row.logits, targets: targets)
      let isExact = zip(found.rowGradients, expected).allSatisfy { Self.close(Double($0), $1) }
      #expect(isExact, "\(loss): \(found.rowGradients), not \(expected)")
    }
  }

  @Test(
    "gradients of all losses agree with differences in double precision",
    arguments: rows.filter { $0.name != "one class" })
  func allGradients(row: Row) throws {
    let targets = try Targets.probabilities(row.target, classCount: row.logits.count)
    for reference in ReferenceLoss.all {
      if row.isTied, let loss = reference.loss as? Bootstrapping, loss.prediction == .hard { continue }
      let found = reference.loss.evaluate(logits: row.logits, targets: targets)
      let target = row.target.map(Double.init)
      for index in row.logits.indices where row.logits[index].isFinite {
        func value(_ step: Double) -> Double {
          var moved = row.logits.map(Double.init)
          moved[index] += step
          return reference.value(moved, target)
        }
        let slope = (value(1e-4) - value(-1e-4)) / 2e-4
        #expect(abs(Double(found.rowGradients[index]) - slope) < 1e-5, "\(reference.loss), class \(index)")
      }
    }
  }

  @Test("any number of classes up to 100,000", arguments: [2, 3, 10, 1000, 100_000], [1, 30] as [Float])
  func manyClasses(classes: Int, scale: Float) throws {
    let source = RandomSource(seed: 61)
    let logits = (0..<classes).map { (source.uniform(at: $0) * 2 - 1) * scale }
    let raw = (0..<classes).map { Double(source.stream("soft").uniform(at: $0)) }
    let sum = raw.reduce(0, +)
    let soft = raw.map { Float($0 / sum) }
    for targets in [
      try Targets.probabilities(soft, classCount: classes), try .classIndices([classes / 2], classCount: classes),
    ] {
      let target = targets.distribution(at: 0).map(Double.init)
      for reference in ReferenceLoss.all {
        let found = reference.loss.evaluate(logits: logits, targets: targets)
        let expected = reference.value(logits.map(Double.init), target)
        #expect(Self.close(Double(found.rows[0]), expected), "\(reference.loss): \(found.rows[0]), not \(expected)")
        let isFinite = found.rowGradients.allSatisfy { $0.isFinite }
        #expect(isFinite)
      }
      let expected = zip(ReferenceLoss.logSoftmax(logits.map(Double.init)), target).map { exp($0) - $1 }
      let gradient = CrossEntropy().evaluate(logits: logits, targets: targets).rowGradients
      #expect(relativeError(gradient, expected) < 1e-5)
    }
  }

  @Test("mathematics without a value gives NaN, and an impossible answer an infinite loss")
  func noValue() throws {
    let targets = try Targets.classIndices([0], classCount: 2)
    #expect(CrossEntropy().evaluate(logits: [.infinity, 0], targets: targets).mean.isNaN)
    #expect(CrossEntropy().evaluate(logits: [-.infinity, -.infinity], targets: targets).mean.isNaN)
    #expect(CrossEntropy().evaluate(logits: [.nan, 0], targets: targets).mean.isNaN)
    #expect(CrossEntropy().evaluate(logits: [-.infinity, 0], targets: targets).mean == .infinity)
    #expect(CrossEntropy().evaluate(logits: [-.infinity, 0], targets: targets).rowGradients == [-1, 1])
    // The robust losses forgive even that.
    #expect(GeneralizedCrossEntropy(q: 1).evaluate(logits: [-.infinity, 0], targets: targets).mean == 1)
  }

  @Test("binary cross-entropy at infinite logits is finite where it can be")
  func binary() throws {
    let right = try Targets.independentProbabilities([1, 0], labelCount: 2)
    let values = BinaryCrossEntropyWithLogits().evaluate(logits: [.infinity, -.infinity], targets: right)
    #expect(values.rows == [0] && values.rowGradients == [0, 0])
    let wrong = BinaryCrossEntropyWithLogits().evaluate(logits: [-.infinity, 0], targets: right)
    #expect(wrong.rows == [.infinity] && wrong.rowGradients == [-1, 0.5])
  }
}
