import Foundation
import Martlet
import MartletTestSupport
import Testing

/// Logits and targets that were published with their losses.
@Suite("Published vectors")
struct PublishedVectorTests {
  /// Within half a unit of the last published digit.
  private func agrees(_ found: Double, _ published: Double, digits: Int) -> Bool {
    abs(found - published) <= 0.5001 * pow(10, -Double(digits))
  }

  @Test("class weights 2, 4, 6: none, sum and mean; the mean of the same one-hot rows is five times as large")
  func weighted() throws {
    let logits: [Float] = [0.2, 0.3, 0.5, 0.5, 0.2, 0.3]
    let indices = try Targets.classIndices([2, 1], classCount: 3)
    let loss = CrossEntropy(classWeights: [2, 4, 6])
    let hard = loss.evaluate(logits: logits, targets: indices)
    #expect(agrees(Double(hard.rows[0]), 5.6390, digits: 4) && agrees(Double(hard.rows[1]), 4.9593, digits: 4))
    #expect(agrees(hard.sum, 10.5983, digits: 4) && agrees(hard.mean, 1.0598, digits: 4))
    let oneHot = loss.evaluate(logits: logits, targets: indices.asProbabilities())
    #expect(agrees(oneHot.mean, 5.2992, digits: 4))
    let fair = CrossEntropy(classWeights: [2, 4, 6], denominator: .effectiveWeight)
    for targets in [indices, indices.asProbabilities()] {
      #expect(fair.evaluate(logits: logits, targets: targets).mean == hard.mean)
    }
  }

  @Test("logits of ±100 with weights 20 and 10")
  func large() throws {
    let values = CrossEntropy(classWeights: [20, 10]).evaluate(
      logits: [-100, 100, -100, 100], targets: try .classIndices([0, 1], classCount: 2))
    #expect(agrees(values.mean, 133.3333, digits: 4))
  }

  @Test("smoothing 0.1 with and without weights")
  func smoothed() throws {
    let targets = try Targets.probabilities([1, 0], classCount: 2)
    for (weights, published, digits) in [([0.1, 0.9], 0.138857, 6), ([1, 1], 1.26326, 5)] as [([Float], Double, Int)] {
      let loss = CrossEntropy(classWeights: weights, labelSmoothing: 0.1)
      #expect(agrees(loss.evaluate(logits: [0, 1], targets: targets).mean, published, digits: digits))
    }
  }

  @Test("rows that are no distributions, allowed by flag")
  func unnormalized() throws {
    let targets = try Targets.probabilities(
      [6.2, -7.9, 3.4, 2.1, 8.6, -12.5], classCount: 3, allowsUnnormalizedRows: true)
    #expect(
      agrees(CrossEntropy().evaluate(logits: [0.4, 0.8, 0.6, 0.3, 0, 0.5], targets: targets).mean, 3.9178, digits: 4))
  }

  @Test("KL divergence of log-probabilities")
  func divergence() throws {
    let values = KLDivergence(of: .logProbabilities).evaluate(
      logits: [-1, -0.5, -2, -0.2], targets: try .probabilities([0.4, 0.6, 0.1, 0.9], classCount: 2))
    // Published as .08191 and .04095, cut off rather than rounded: the sum is 0.081910.
    #expect(agrees(values.sum, 0.08191, digits: 5) && abs(values.mean - 0.04095) < 1e-5)
    #expect(values.mean == values.sum / 2)
  }
}

@Suite("The mean's denominator")
struct MeanDenominatorTests {
  private static let losses: [any Loss] = MeanDenominator.allCases.flatMap { denominator -> [any Loss] in
    [
      CrossEntropy(classWeights: [1, 3], labelSmoothing: 0.25, denominator: denominator),
      NegativeLogLikelihood(classWeights: [1, 3], denominator: denominator),
      FocalLoss(classWeights: [1, 3], denominator: denominator),
    ]
  }

  @Test("is 0 when all rows are ignored: the mean is then NaN as in PyTorch, or 0, and the gradient 0")
  func allIgnored() throws {
    let targets = try Targets.classIndices([-100, -100], classCount: 2, ignoreIndex: -100)
    #expect(targets.ignoredCount == 2)
    for (index, loss) in Self.losses.enumerated() {
      let values = loss.evaluate(logits: [1, 2, 3, 4], targets: targets)
      #expect(index < 3 ? values.mean.isNaN : values.mean == 0, "\(loss)")
      #expect(values.sum == 0 && values.rows == [0, 0])
      #expect(values.gradient(.mean) == [0, 0, 0, 0] && values.gradient(.sum) == [0, 0, 0, 0])
    }
    let plain = KLDivergence().evaluate(
      logits: [1, 2], targets: try .probabilities([0, 1], classCount: 2).ignoring([0]))
    #expect(plain.mean == 0)
  }

  @Test("treats an index and its one-hot row alike, if it is the effective weight", arguments: [3, 4, 5])
  func encodingsAgree(index: Int) throws {
    let indices = try Targets.classIndices([0, 1, 1], classCount: 2)
    let logits: [Float] = [-1, -0.5, -0.25, -2, -3, -0.125]
    let loss = Self.losses[index]
    let hard = loss.evaluate(logits: logits, targets: indices)
    let oneHot = loss.evaluate(logits: logits, targets: indices.asProbabilities())
    #expect(hard.mean == oneHot.mean && hard.gradient(.mean) == oneHot.gradient(.mean))
    #expect(hard.denominator == 7)
    // And not, if PyTorch is matched.
    let matching = Self.losses[index - 3].evaluate(logits: logits, targets: indices.asProbabilities())
    #expect(matching.denominator == 3 && matching.mean != oneHot.mean)
  }

  @Test("of squared and binary losses is rows times classes, and of a divergence rows")
  func elements() throws {
    let targets = try Targets.classIndices([0, 1], classCount: 4)
    for (loss, expected) in [
      (MeanSquaredError(), 8), (BinaryCrossEntropyWithLogits(), 8), (KLDivergence(), 2),
      (KLDivergence(mean: .elementMean), 8), (CrossEntropy(), 2),
    ] as [(any Loss, Double)] {
      let values = loss.evaluate(logits: Array(repeating: 0.5, count: 8), targets: targets)
      #expect(values.denominator == expected && values.mean == values.sum / expected)
    }
  }
}

@Suite("How losses hang together")
struct LossRelationTests {
  private static let source = RandomSource(seed: 31)
  private static let logits = (0..<50).map { source.stream("logits").uniform(at: $0) * 12 - 6 }
  private static let soft: [Float] = (0..<5).flatMap { row in
    let raw = (0..<10).map { source.stream("soft").uniform(at: row * 10 + $0) }
    return raw.map { $0 / raw.reduce(0, +) }
  }

  private static func targets() throws -> [Targets] {
    [
      try .classIndices([0, 9, 3, 3, 7], classCount: 10), try .probabilities(soft, classCount: 10),
    ]
  }

  private func largestGap(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? .infinity }

  @Test("KL divergence is cross-entropy minus the target's entropy, with the same gradient")
  func divergence() throws {
    for targets in try Self.targets() {
      let cross = CrossEntropy().evaluate(logits: Self.logits, targets: targets)
      let divergence = KLDivergence().evaluate(logits: Self.logits, targets: targets)
      for row in 0..<5 {
        let entropy = targets.distribution(at: row).reduce(0.0) { $1 == 0 ? $0 : $0 - Double($1) * log(Double($1)) }
        #expect(abs(Double(cross.rows[row]) - entropy - Double(divergence.rows[row])) < 2e-6)
      }
      #expect(largestGap(cross.gradient(.mean), divergence.gradient(.mean)) < 1e-7)
    }
  }

  @Test("a log-softmax layer with negative log-likelihood is cross-entropy, in value and gradient")
  func composition() throws {
    let runner = try LayerRunner(LogSoftmax(), inputShape: [10], rows: 5)
    let logProbabilities = runner.forward(input: Self.logits, parameters: [])
    for targets in try Self.targets() {
      let weights = (1...10).map { Float($0) / 4 }
      let outer = NegativeLogLikelihood(classWeights: weights).evaluate(logits: logProbabilities, targets: targets)
      let fused = CrossEntropy(classWeights: weights).evaluate(logits: Self.logits, targets: targets)
      #expect(abs(outer.mean / fused.mean - 1) < 1e-6)
      let gradient = runner.backward(input: Self.logits, parameters: [], outputGradient: outer.gradient(.mean))
      #expect(largestGap(gradient, fused.gradient(.mean)) < 1e-6)
    }
  }

  @Test("KL on logits equals KL on the log-probabilities of a log-softmax layer")
  func divergenceInputs() throws {
    let targets = try Self.targets()[1]
    let runner = try LayerRunner(LogSoftmax(), inputShape: [10], rows: 5)
    let logProbabilities = runner.forward(input: Self.logits, parameters: [])
    let inner = KLDivergence(of: .logits).evaluate(logits: Self.logits, targets: targets)
    let outer = KLDivergence(of: .logProbabilities).evaluate(logits: logProbabilities, targets: targets)
    #expect(abs(inner.mean / outer.mean - 1) < 1e-6)
    let logTargets = try Targets.logProbabilities(Self.soft.map { Float(log(Double($0))) }, classCount: 10)
    #expect(abs(KLDivergence().evaluate(logits: Self.logits, targets: logTargets).mean / inner.mean - 1) < 1e-6)
  }

  @Test("binary cross-entropy of one logit is cross-entropy of the logits 0 and x, hard or soft")
  func twoClasses() throws {
    for (logit, truth) in [(0.5, 1), (-3, 0), (2, 0.25), (20, 0.875), (-30, 0.5)] as [(Float, Float)] {
      let binary = BinaryCrossEntropyWithLogits().evaluate(
        logits: [logit], targets: try .independentProbabilities([truth], labelCount: 1))
      let cross = CrossEntropy().evaluate(
        logits: [0, logit], targets: try .probabilities([1 - truth, truth], classCount: 2))
      #expect(abs(binary.mean / cross.mean - 1) < 1e-6)
      #expect(abs(binary.gradient(.mean)[0] - cross.gradient(.mean)[1]) < 1e-6)
    }
  }

  @Test("each robust loss is cross-entropy at its end of the scale")
  func limits() throws {
    for targets in try Self.targets() {
      let cross = CrossEntropy().evaluate(logits: Self.logits, targets: targets)
      for loss in [
        FocalLoss(gamma: 0), Bootstrapping(beta: 1, prediction: .soft), Bootstrapping(beta: 1, prediction: .hard),
        SymmetricCrossEntropy(alpha: 1, beta: 0), GeneralizedCrossEntropy(q: 1e-7),
      ] as [any Loss] {
        let found = loss.evaluate(logits: Self.logits, targets: targets)
        #expect(abs(found.mean / cross.mean - 1) < 2e-6, "\(loss)")
        #expect(largestGap(found.gradient(.mean), cross.gradient(.mean)) < 1e-6, "\(loss)")
      }
    }
  }

  @Test("distillation without a soft part is cross-entropy, and without a hard part T² times a divergence")
  func distillation() throws {
    let labels = [0, 9, 3, 3, 7]
    let both = try Targets.labelledProbabilities(labels, Self.soft, classCount: 10)
    let hard = Distillation(temperature: 3, alpha: 0).evaluate(logits: Self.logits, targets: both)
    let cross = CrossEntropy().evaluate(logits: Self.logits, targets: try Self.targets()[0])
    #expect(abs(hard.mean / cross.mean - 1) < 1e-6)
    let soft = Distillation(temperature: 4, alpha: 1).evaluate(logits: Self.logits, targets: both)
    let divergence = KLDivergence().evaluate(logits: Self.logits.map { $0 / 4 }, targets: try Self.targets()[1])
    #expect(abs(soft.mean / (16 * divergence.mean) - 1) < 1e-6)
    #expect(largestGap(soft.gradient(.sum), divergence.gradient(.sum).map { $0 * 4 }) < 1e-5)
    let unscaled = Distillation(temperature: 4, alpha: 1, scalesByTemperatureSquared: false)
    #expect(abs(unscaled.evaluate(logits: Self.logits, targets: both).mean / divergence.mean - 1) < 1e-6)
  }

  @Test("distillation of a row without a label is its soft part alone")
  func distillationWithoutLabel() throws {
    let row = Array(Self.soft.prefix(10))
    let loss = Distillation(temperature: 2, alpha: 0.25)
    let found = loss.evaluate(
      logits: Array(Self.logits.prefix(10)), targets: try .labelledProbabilities([nil], row, classCount: 10))
    let soft = KLDivergence().evaluate(
      logits: Self.logits.prefix(10).map { $0 / 2 }, targets: try .probabilities(row, classCount: 10))
    #expect(abs(found.mean / (0.25 * 4 * soft.mean) - 1) < 1e-6)
    #expect(largestGap(found.rowGradients, soft.rowGradients.map { $0 * 0.5 }) < 1e-6)
  }

  @Test("targets below 0, allowed by flag, leave the losses without their logarithm finite")
  func negativeTargets() throws {
    let targets = try Targets.probabilities([1.5, -0.5, 0], classCount: 3, allowsUnnormalizedRows: true)
    for loss in [
      CrossEntropy(), FocalLoss(), GeneralizedCrossEntropy(), SymmetricCrossEntropy(), MeanSquaredError(),
      Bootstrapping(beta: 0.9, prediction: .soft),
    ] as [any Loss] {
      let values = loss.evaluate(logits: [0.5, 1, -1], targets: targets)
      let isFinite = values.rowGradients.allSatisfy { $0.isFinite }
      #expect(values.mean.isFinite && isFinite, "\(loss)")
    }
  }

  @Test("a detached prediction changes the gradient of soft bootstrapping and no value")
  func detaching() throws {
    let targets = try Self.targets()[0]
    func values(_ kind: Bootstrapping.Prediction, _ detaches: Bool) -> LossValues {
      Bootstrapping(beta: 0.5, prediction: kind, detachesPrediction: detaches).evaluate(
        logits: Self.logits, targets: targets)
    }
    #expect(values(.soft, true).rows == values(.soft, false).rows)
    #expect(largestGap(values(.soft, true).gradient(.mean), values(.soft, false).gradient(.mean)) > 0.01)
    #expect(values(.hard, true).gradient(.mean) == values(.hard, false).gradient(.mean))
  }

  @Test("smoothed targets give what the loss's own smoothing gives")
  func smoothing() throws {
    for targets in try Self.targets() {
      let inside = CrossEntropy(labelSmoothing: 0.2).evaluate(logits: Self.logits, targets: targets)
      let outside = CrossEntropy().evaluate(logits: Self.logits, targets: targets.smoothed(by: 0.2))
      #expect(abs(inside.mean / outside.mean - 1) < 1e-6)
      #expect(largestGap(inside.gradient(.mean), outside.gradient(.mean)) < 1e-6)
    }
  }

  @Test("a loss says which encodings it takes")
  func accepted() {
    #expect(CrossEntropy().acceptedTargets == [.classIndices, .probabilities])
    #expect(Distillation(temperature: 2, alpha: 0.5).acceptedTargets == [.labelledProbabilities])
    #expect(Distillation(temperature: 2, alpha: 1).acceptedTargets == [.labelledProbabilities, .probabilities])
    #expect(BinaryCrossEntropyWithLogits().acceptedTargets.contains(.independentProbabilities))
  }
}
