import CAllocationCounter
import Foundation
import Martlet
import Testing

@Suite("Losses written as formulas")
struct FormulaLossTests {
  private static let source = RandomSource(seed: 51)

  private static func logits(_ rows: Int, _ classes: Int, scale: Float = 4) -> [Float] {
    (0..<rows * classes).map { (source.stream("logits").uniform(at: $0) * 2 - 1) * scale }
  }

  private static func soft(_ rows: Int, _ classes: Int) throws -> Targets {
    let rows: [Float] = (0..<rows).flatMap { row in
      let raw = (0..<classes).map { source.stream("soft").uniform(at: row * classes + $0) }
      return raw.map { $0 / raw.reduce(0, +) }
    }
    return try .probabilities(rows, classCount: classes)
  }

  /// The largest difference in value, relative, and in gradient, relative to its largest element.
  private func gap(_ formula: FormulaLoss, _ loss: some Loss, _ logits: [Float], _ targets: Targets) -> Double {
    let (a, b) = (formula.evaluate(logits: logits, targets: targets), loss.evaluate(logits: logits, targets: targets))
    let scale = b.rowGradients.map(abs).max() ?? 0
    let gradient = zip(a.rowGradients, b.rowGradients).map { abs($0 - $1) / scale }.max() ?? .infinity
    let value = zip(a.rows, b.rows).map { abs(Double($0) / Double($1) - 1) }.max() ?? .infinity
    return max(value, Double(gradient))
  }

  /// The line that is posted in forums, and formulas of the built-in losses.
  private static let pairs: [(name: String, formula: FormulaLoss, loss: any Loss)] = [
    ("cross-entropy", FormulaLoss { logits, target in -(target * logSoftmax(logits)).sum() }, CrossEntropy()),
    (
      "smoothing",
      FormulaLoss { logits, target in
        -((target * 0.9 + 0.1 / Double(logits.count)) * logSoftmax(logits)).sum()
      }, CrossEntropy(labelSmoothing: 0.1)
    ),
    (
      "focal",
      FormulaLoss { logits, target in
        let p = softmax(logits)
        return -(target * pow(1 - p, 2) * logSoftmax(logits)).sum()
      }, FocalLoss(gamma: 2)
    ),
    (
      "generalised cross-entropy",
      FormulaLoss { logits, target in (target * (1 - pow(softmax(logits), 0.7)) / 0.7).sum() },
      GeneralizedCrossEntropy(q: 0.7)
    ),
    (
      "symmetric cross-entropy",
      FormulaLoss { logits, target in
        let reverse = -(softmax(logits) * max(log(target), -4)).sum()
        return 0.1 * -(target * logSoftmax(logits)).sum() + reverse
      }, SymmetricCrossEntropy(alpha: 0.1, beta: 1, logZero: -4)
    ),
    (
      "bootstrapping",
      FormulaLoss { logits, target in
        -((0.75 * target + 0.25 * softmax(logits)) * logSoftmax(logits)).sum()
      }, Bootstrapping(beta: 0.75, prediction: .soft)
    ),
    (
      "detached bootstrapping",
      FormulaLoss { logits, target in
        -((0.75 * target + 0.25 * softmax(logits).detached()) * logSoftmax(logits)).sum()
      }, Bootstrapping(beta: 0.75, prediction: .soft, detachesPrediction: true)
    ),
    (
      "binary cross-entropy",
      FormulaLoss { logits, target in (target * softplus(-logits) + (1 - target) * softplus(logits)).sum() },
      BinaryCrossEntropyWithLogits()
    ),
    (
      "squares",
      FormulaLoss { logits, target in
        let difference = logits - target
        return (difference * difference).sum()
      }, MeanSquaredError()
    ),
  ]

  @Test("give the built-in losses' numbers to 1e-6", arguments: pairs.indices)
  func builtIn(index: Int) throws {
    let (_, formula, loss) = Self.pairs[index]
    for (rows, classes) in [(4, 2), (5, 10), (2, 100)] {
      let logits = Self.logits(rows, classes)
      let hard = try Targets.classIndices((0..<rows).map { ($0 * 7 + 1) % classes }, classCount: classes)
      for targets in [hard, try Self.soft(rows, classes)] {
        #expect(gap(formula, loss, logits, targets) < 1e-6, "\(Self.pairs[index].name)")
      }
    }
  }

  @Test("have right gradients, whatever they are made of")
  func gradients() throws {
    let formulas: [FormulaLoss] = [
      FormulaLoss { logits, target in (logits - target).max() * exp(logits[0] / 4) },
      FormulaLoss { logits, target in log(sigmoid(logits) + 0.5).mean() - abs(logits[1]) },
      FormulaLoss { logits, target in (2 / (3 + logits * logits) - 1.5 + target).sum() / (1 + softplus(logits).sum()) },
      FormulaLoss { logits, target in max(logits * 2, target - 0.3).sum() - max(logits, 0).mean() },
      FormulaLoss { logits, _ in pow(logits * logits + 1, 0.5).sum() - softmax(logits)[2] },
      FormulaLoss { logits, target in ((logits.sum() - logits) * target.sum() * logits + 0 * logits).sum() },
    ]
    for formula in formulas {
      let check = checkGradient(of: formula, logits: [0.7, -1.3, 2.1, 0.4], targets: try Self.soft(1, 4))
      #expect(check.isCorrect && check.undecidedCount == 0, "\(check)")
    }
  }

  @Test("a constant 0 times minus infinity is 0, as in the built-in loss")
  func minusInfinity() throws {
    let targets = try Targets.probabilities([0.25, 0, 0.75], classCount: 3)
    let found = Self.pairs[0].formula.evaluate(logits: [1, -.infinity, 1], targets: targets)
    #expect(found.mean == CrossEntropy().evaluate(logits: [1, -.infinity, 1], targets: targets).mean)
    #expect(found.rowGradients == [0.25, 0, -0.25])
  }

  @Test("trains to the bits of cross-entropy and of KL divergence, with any number of threads")
  func training() throws {
    func train(_ loss: any Loss, threads: Int) throws -> [Float] {
      let inputs = DenseInputs(Self.logits(16, 6, scale: 1), shape: [6])
      var plan = try TrainingPlan(
        Network(Models.mlp(hidden: [16], inputShape: [6], classCount: 3), inputShape: [6]), batchSize: 16, loss: loss,
        optimizer: SGD(learningRate: 0.1, momentum: 0.9), seed: 2, team: ThreadTeam(threadCount: threads))
      for _ in 0..<50 { plan.step(Batch(inputs: inputs, targets: try Self.soft(16, 3))) }
      return plan.parameters.values
    }
    let one = try train(Self.pairs[0].formula, threads: 1)
    // More threads than there are processors, and so more than there are tapes.
    for threads in [2, 3, 7, 20] { #expect(try train(Self.pairs[0].formula, threads: threads) == one) }
    // Not only nearly: to the last bit.
    #expect(try train(CrossEntropy(), threads: 1) == one)
    #expect(try train(KLDivergence(), threads: 1) == one)
  }

  @Test("allocate nothing once they have seen a row")
  func allocations() throws {
    let logits = Self.logits(1, 10)
    let targets = try Self.soft(1, 10)
    for (name, formula, _) in Self.pairs {
      var gradient = [Float](repeating: 0, count: 10)
      var span = gradient.mutableSpan
      for _ in 0..<3 { _ = formula.evaluate(logits: logits.span, target: targets.target(at: 0), gradient: &span) }
      let before = allocation_count_of_this_thread()
      for _ in 0..<100 { _ = formula.evaluate(logits: logits.span, target: targets.target(at: 0), gradient: &span) }
      #expect(allocation_count_of_this_thread() - before == 0, "\(name)")
    }
  }
}
