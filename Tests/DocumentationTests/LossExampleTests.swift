import Martlet
import MartletTraining
import Testing

/// Within one unit of the last digit that the example shows.
private func shows(_ value: Double, _ shown: Double) -> Bool { value >= shown - 1e-9 && value < shown + 0.001 }

@Suite("Examples of targets and losses")
struct LossExamples {
  @Test("independent probabilities")
  func independent() throws {
    let tags = try Targets.independentProbabilities([1, 1, 0, 0, 0.5, 0], labelCount: 3)
    print(tags.count)  // 2
    #expect(tags.count == 2)
  }

  @Test("conversions among encodings")
  func encodings() throws {
    let dense = try Targets.classIndices([2, 0], classCount: 3)
    let oneHot = dense.asProbabilities()
    print(oneHot.distribution(at: 0))  // [0.0, 0.0, 1.0]
    print(try oneHot.asClassIndices() == dense)  // true
    let smoothed = oneHot.smoothed(by: 0.3)
    print(smoothed.distribution(at: 1))  // [0.8, 0.1, 0.1]
    print(try smoothed.hardened(ties: .refused) == dense)  // true
    #expect("\(oneHot.distribution(at: 0))" == "[0.0, 0.0, 1.0]")
    #expect(zip(smoothed.distribution(at: 1), [0.8, 0.1, 0.1]).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(try oneHot.asClassIndices() == dense)
    #expect(try smoothed.hardened(ties: .refused) == dense)
  }

  @Test("LossValues")
  func values() throws {
    let loss = CrossEntropy(classWeights: [2, 4, 6])
    let targets = try Targets.classIndices([2, 1], classCount: 3)
    let values = loss.evaluate(logits: [0.2, 0.3, 0.5, 0.5, 0.2, 0.3], targets: targets)
    print(values.rows, values.sum, values.mean)  // [5.638…, 4.959…] 10.598… 1.059…
    print(values.gradient(.mean).count)  // 6
    #expect(shows(Double(values.rows[0]), 5.638) && shows(Double(values.rows[1]), 4.959))
    #expect(shows(values.sum, 10.598) && shows(values.mean, 1.059) && values.gradient(.mean).count == 6)
  }

  @Test("CrossEntropy")
  func crossEntropy() {
    let hard = CrossEntropy()
    let smooth = CrossEntropy(labelSmoothing: 0.1)
    let weighted = CrossEntropy(classWeights: [1, 1, 5], denominator: .effectiveWeight)
    #expect(hard.labelSmoothing == 0 && smooth.labelSmoothing == 0.1)
    #expect(weighted.weighting == ClassWeighting([1, 1, 5], .effectiveWeight))
  }

  @Test("NegativeLogLikelihood")
  func negativeLogLikelihood() throws {
    let model = Sequential {
      Linear(4, 3)
      LogSoftmax()
    }
    let plan = try TrainingPlan(
      Network(model, inputShape: [4]), batchSize: 1, loss: NegativeLogLikelihood(), optimizer: SGD(learningRate: 0.1),
      seed: 1)
    print(plan.classCount)  // 3
    let count = plan.classCount
    #expect(count == 3)
  }

  @Test("KLDivergence")
  func divergence() throws {
    let targets = try Targets.probabilities([0.4, 0.6, 0.1, 0.9], classCount: 2)
    let values = KLDivergence(of: .logProbabilities).evaluate(logits: [-1, -0.5, -2, -0.2], targets: targets)
    print(values.sum, values.mean)  // 0.081… 0.040…
    #expect(shows(values.sum, 0.081) && shows(values.mean, 0.040))
  }

  @Test("BinaryCrossEntropyWithLogits")
  func binary() throws {
    let tags = try Targets.independentProbabilities([1, 1, 0], labelCount: 3)
    let values = BinaryCrossEntropyWithLogits().evaluate(logits: [0, 0, 0], targets: tags)
    print(values.mean)  // 0.693…
    #expect(shows(values.mean, 0.693))
  }

  @Test("MeanSquaredError")
  func squares() throws {
    let targets = try Targets.classIndices([1], classCount: 2)
    print(MeanSquaredError().evaluate(logits: [1, 3], targets: targets).mean)  // 2.5
    print(MeanSquaredError(appliesSoftmax: true).evaluate(logits: [0, 0], targets: targets).sum)  // 0.5
    #expect(MeanSquaredError().evaluate(logits: [1, 3], targets: targets).mean == 2.5)
    #expect(MeanSquaredError(appliesSoftmax: true).evaluate(logits: [0, 0], targets: targets).sum == 0.5)
  }

  @Test("Distillation")
  func distillation() throws {
    let targets = try Targets.labelledProbabilities([0], [0.7, 0.2, 0.1], classCount: 3)
    let loss = Distillation(temperature: 4, alpha: 0.9)
    print(loss.evaluate(logits: [1, 0, -1], targets: targets).rows.count)  // 1
    #expect(loss.evaluate(logits: [1, 0, -1], targets: targets).rows.count == 1)
  }

  @Test("FocalLoss")
  func focal() throws {
    let loss = FocalLoss(gamma: 2)
    let targets = try Targets.classIndices([0], classCount: 2)
    print(loss.evaluate(logits: [0, 0], targets: targets).mean)  // 0.173…
    #expect(shows(loss.evaluate(logits: [0, 0], targets: targets).mean, 0.173))
  }

  @Test("GeneralizedCrossEntropy")
  func generalized() throws {
    let loss = GeneralizedCrossEntropy(q: 0.7)
    let targets = try Targets.classIndices([0], classCount: 2)
    print(loss.evaluate(logits: [0, 0], targets: targets).mean)  // 0.549…
    #expect(shows(loss.evaluate(logits: [0, 0], targets: targets).mean, 0.549))
  }

  @Test("SymmetricCrossEntropy")
  func symmetric() throws {
    let loss = SymmetricCrossEntropy(alpha: 0.1, beta: 1)
    let targets = try Targets.classIndices([0], classCount: 2)
    print(loss.evaluate(logits: [0, 0], targets: targets).mean)  // 2.069…
    #expect(shows(loss.evaluate(logits: [0, 0], targets: targets).mean, 2.069))
  }

  @Test("Bootstrapping")
  func bootstrapping() throws {
    let soft = Bootstrapping(beta: 0.95, prediction: .soft)
    let targets = try Targets.classIndices([0], classCount: 2)
    print(soft.evaluate(logits: [0, 0], targets: targets).mean)  // 0.693…
    #expect(shows(soft.evaluate(logits: [0, 0], targets: targets).mean, 0.693))
  }

  @Test("FormulaLoss")
  func formula() throws {
    let softCrossEntropy = FormulaLoss { logits, target in
      -(target * logSoftmax(logits)).sum()
    }
    let targets = try Targets.classIndices([0], classCount: 2)
    #expect(shows(softCrossEntropy.evaluate(logits: [0, 0], targets: targets).mean, 0.693))
  }

  @Test("checkGradient of a loss and of a layer")
  func gradientChecks() throws {
    do {
      let check = checkGradient(
        of: CrossEntropy(labelSmoothing: 0.1), logits: [1, -2, 0.5],
        targets: try .classIndices([2], classCount: 3))
      print(check.isCorrect)  // true
      print(check)  // The gradient agrees with the value at 3 elements, to …
      #expect(check.isCorrect && "\(check)".hasPrefix("The gradient agrees with the value at 3 elements, to "))
    }
    let check = try checkGradient(of: Conv2d(2, 3, kernelSize: 3), inputShape: [2, 5, 5])
    print(check.isCorrect)  // true
    #expect(check.isCorrect)
  }

  @Test("LossCatalog and LossSelection")
  func catalogue() throws {
    for loss in LossCatalog.all { print(loss.name, loss.formula) }
    let selection = try LossSelection("bootstrap:beta=0.8,hard")
    print(type(of: selection.loss(classWeights: nil)))  // Bootstrapping
    #expect("\(type(of: selection.loss(classWeights: nil)))" == "Bootstrapping")
  }
}
