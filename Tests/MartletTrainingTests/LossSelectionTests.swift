import Foundation
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("Losses by name")
struct LossSelectionTests {
  @Test("a name alone takes the defaults, and parameters come behind it in any order")
  func parsing() throws {
    let focal = try #require(try LossSelection("focal:gamma=0.5").loss(classWeights: [1, 2]) as? FocalLoss)
    #expect(focal.gamma == 0.5 && focal.weighting == ClassWeighting([1, 2], .matchingPyTorch))
    #expect((try LossSelection("focal").loss(classWeights: nil) as? FocalLoss)?.gamma == 2)
    for text in ["bootstrap:beta=0.8,hard,detach", "bootstrap:detach,prediction=hard,beta=0.8"] {
      let loss = try #require(try LossSelection(text).loss(classWeights: nil) as? Bootstrapping)
      #expect(loss.beta == 0.8 && loss.prediction == .hard && loss.detachesPrediction)
    }
    let sce = try #require(
      try LossSelection("sce:log-zero=-9.25,beta=0.5").loss(classWeights: nil) as? SymmetricCrossEntropy)
    #expect(sce.logZero == -9.25 && sce.beta == 0.5 && sce.alpha == 0.1)
    let cross = try LossSelection("cross-entropy:effective-weight")
    #expect((cross.loss(classWeights: nil) as? CrossEntropy)?.weighting.denominator == .effectiveWeight)
    #expect(cross.summary == "cross-entropy (denominator=effective-weight)")
    let distillation = try LossSelection("distillation:unscaled,temperature=2")
    #expect(
      distillation.temperature == 2 && distillation.summary == "distillation (temperature=2, alpha=0.9, unscaled)")
    #expect(
      (distillation.loss(classWeights: nil) as? Distillation).map { $0.scalesByTemperatureSquared ? 1 : $0.alpha }
        == 0.9)
    let bce = try LossSelection("bce:positive-weight=3").loss(classWeights: nil) as? BinaryCrossEntropyWithLogits
    #expect(bce?.positiveWeights == [3])
  }

  @Test(
    "what is wrong is said, with what exists",
    arguments: [
      ("", "There is no loss ''. There are cross-entropy, nll, kl, bce"), ("Focal", "There is no loss 'Focal'"),
      (
        "focal:gama=1",
        "focal has no parameter 'gama'. It takes gamma=2, denominator=matching-pytorch|effective-weight."
      ),
      ("kl:x=1", "kl has no parameter 'x'. It takes none."), ("focal:", "focal has no parameter ''."),
      ("focal:gamma", "focal: gamma needs a value; write gamma=2."),
      ("focal:gamma=", "gamma must be a number 0 or more, not ''"),
      ("focal:gamma=-1", "gamma must be a number 0 or more, not '-1'"), ("focal:gamma=nan", "not 'nan'"),
      ("focal:gamma=inf", "not 'inf'"), ("gce:q=0", "q must be a number above 0 and at most 1, not '0'"),
      ("sce:log-zero=0", "must be a number below 0"), ("distillation:temperature=0", "must be a number above 0"),
      ("bootstrap:beta=1.5", "must be a number from 0 to 1"), ("bootstrap:soft,hard", "says 'prediction' twice"),
      ("bootstrap:beta=1,beta=1", "says 'beta' twice"), ("bootstrap:detach=1", "detach takes no value"),
      ("bootstrap:prediction=weak", "prediction must be soft or hard, not 'weak'"), ("mse:softmax,", "no parameter ''"),
    ])
  func mistakes(text: String, says: String) {
    do {
      _ = try LossSelection(text)
      Issue.record("'\(text)' was taken.")
    } catch {
      #expect("\(error)".contains(says), "\(error)")
    }
  }

  @Test("every loss has a name of its own, a formula, a source, and defaults within its limits")
  func catalogue() throws {
    #expect(Set(LossCatalog.all.map(\.name)).count == LossCatalog.all.count && LossCatalog.all.count == 10)
    for entry in LossCatalog.all {
      #expect(!entry.summary.isEmpty && !entry.formula.isEmpty && entry.reference.count > 10)
      let selection = try LossSelection(entry.name)
      #expect(selection.entry.name == entry.name)
      for parameter in entry.parameters {
        guard case .number(let value, let limits) = parameter.kind else { continue }
        #expect(limits.contains(value))
        #expect(try LossSelection("\(entry.name):\(parameter.usage)").summary == selection.summary)
      }
      #expect(
        (selection.loss(classWeights: nil) is any ClassWeightedLoss)
          == entry.parameters.contains { $0.name == "denominator" })
    }
  }
}

@Suite("Experiments with other losses")
struct LossExperimentTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  private func experiment(
    _ text: String, soft: LabelSettings.Source = .dataset, smoothing: Float = 0.1, ignoreIndex: Int? = nil,
    classWeights: [Float]? = nil, labelled: Int? = nil, training: Dataset = training
  ) throws -> Experiment {
    let loss = try LossSelection(text)
    var configuration = TrainingConfiguration()
    configuration.epochs = 1
    var labels = LabelSettings(soft: soft)
    labels.smoothing = smoothing
    labels.temperature = loss.temperature ?? 1
    labels.labelled = labelled.map(LabelledSubset.first) ?? .all
    labels.ignoreIndex = ignoreIndex
    return Experiment(
      training: training, test: Self.test, network: .mlp(hidden: [16]), configuration: configuration,
      loss: loss.loss(classWeights: classWeights), fallbackLoss: CrossEntropy(), outputLayer: loss.outputLayer,
      labels: labels)
  }

  private func run(
    _ experiment: Experiment, _ labels: LabelMode
  ) throws -> (result: TrialResult, parameters: Parameters) {
    var weights: Parameters?
    let result = try experiment.run(Trial(labels: labels, seed: 1), team: ThreadTeam(threadCount: 2)) { event in
      if case .trained(_, let parameters) = event { weights = parameters }
    }
    return (result, try #require(weights))
  }

  @Test("every loss trains under every kind of label that it takes", arguments: LossCatalog.all.map(\.name))
  func everyLoss(name: String) throws {
    let loss = try LossSelection(name).loss(classWeights: nil)
    let modes = LabelMode.allCases.filter { Experiment.accepts($0, loss) }
    #expect(modes == (name == "distillation" ? [.soft] : LabelMode.allCases))
    var weights: [[Float]] = []
    for labels in modes {
      let source: LabelSettings.Source = name == "distillation" ? .trainedTeacher() : .dataset
      let (result, parameters) = try run(experiment(name, soft: source), labels)
      #expect(result.trainingLoss.isFinite && result.evaluation.loss.isFinite)
      weights.append(parameters.values)
    }
    #expect(Set(weights).count == modes.count)
  }

  @Test("KL divergence trains to the bits of cross-entropy, and likelihood behind log-softmax up to rounding")
  func sameNetwork() throws {
    for labels in LabelMode.allCases {
      let cross = try run(experiment("cross-entropy"), labels)
      // Smoothing inside the loss and of the targets differ by rounding.
      let divergence = try run(experiment("kl", smoothing: 0), labels)
      #expect(try divergence.parameters == run(experiment("cross-entropy", smoothing: 0), labels).parameters)
      let likelihood = try run(experiment("nll"), labels)
      #expect(likelihood.parameters.entries == cross.parameters.entries)
      let gap = zip(likelihood.parameters.values, cross.parameters.values).map { abs($0 - $1) }.max()
      #expect(try #require(gap) < 1e-5)
    }
  }

  @Test("smoothing in the loss and smoothing of the targets are the same thing")
  func smoothing() throws {
    let inLoss = try run(experiment("cross-entropy", smoothing: 0.3), .smooth)
    let inTargets = try run(experiment("focal:gamma=0", smoothing: 0.3), .smooth)
    #expect(zip(inLoss.parameters.values, inTargets.parameters.values).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(abs(inLoss.result.trainingLoss - inTargets.result.trainingLoss) < 1e-5)
  }

  @Test("an ignored class changes nothing but the batches, and is left out of the test")
  func ignoring() throws {
    let some = try run(experiment("cross-entropy", ignoreIndex: 3), .hard)
    #expect(some.result.evaluation.count == Self.test.labels.count { $0 != 3 })
    #expect(some.result.evaluation.classAccuracies[3].isNaN)
    // The same with the class's images painted over: nothing of them is learnt.
    let pixels = Self.training.pixels.enumerated().map { place, pixel in
      Self.training.labels[place / Self.training.imageShape.count] == 3 ? 200 : pixel
    }
    let painted = Dataset(
      name: "shapes", split: "train", imageShape: Self.training.imageShape, classNames: Self.training.classNames,
      pixels: pixels, labels: Self.training.labels, distributions: Self.training.distributions)
    for labels in LabelMode.allCases {
      let first = try run(experiment("kl", ignoreIndex: 3), labels)
      let second = try run(experiment("kl", ignoreIndex: 3, training: painted), labels)
      #expect(first.parameters == second.parameters)
      #expect(try run(experiment("kl"), labels).parameters != first.parameters)
    }
  }

  @Test("labels that are not kept change nothing, whatever the loss", arguments: LossCatalog.all.map(\.name))
  func hiddenLabels(name: String) throws {
    // The same images with other labels from the 20th on.
    let labels = Self.training.labels.enumerated().map { $0 < 20 ? $1 : (3 * $1 + 1) % 10 }
    let relabelled = Dataset(
      name: "shapes", split: "train", imageShape: Self.training.imageShape, classNames: Self.training.classNames,
      pixels: Self.training.pixels, labels: labels, distributions: Self.training.distributions)
    for ignored in [nil, 3] {
      let first = try run(experiment(name, soft: .trainedTeacher(), ignoreIndex: ignored, labelled: 20), .soft)
      let second = try run(
        experiment(name, soft: .trainedTeacher(), ignoreIndex: ignored, labelled: 20, training: relabelled), .soft)
      #expect(first.parameters == second.parameters)
    }
  }

  @Test("distillation keeps the teacher's opinion where labels are kept, and has the labels beside it")
  func distillation() throws {
    let soft = try #require(Self.training.distributions)
    let some = try experiment("distillation", soft: .dataset, labelled: 20).softTargets(from: soft, kept: Array(0..<20))
    #expect(some.encoding == .labelledProbabilities)
    for row in [0, 19, 20, 59] {
      #expect(some.distribution(at: row) == Array(soft[row * 10..<row * 10 + 10]))
      #expect(some.target(at: row).classIndex == (row < 20 ? Int(Self.training.labels[row]) : nil))
    }
    // Cross-entropy gets one of the two.
    let other = try experiment("cross-entropy", soft: .dataset, labelled: 20).softTargets(
      from: soft, kept: Array(0..<20))
    #expect(other.distribution(at: 19)[Int(Self.training.labels[19])] == 1)
    #expect(other.distribution(at: 20) == Array(soft[200..<210]))
  }

  @Test("arms whose labels the loss does not take have the other loss, and a teacher is trained with a softmax")
  func fallback() throws {
    let cross = try run(experiment("cross-entropy"), .hard)
    #expect(try run(experiment("distillation"), .hard).parameters == cross.parameters)
    #expect(
      try run(experiment("distillation"), .smooth).parameters == run(experiment("cross-entropy"), .smooth).parameters)
    for name in ["distillation", "mse", "bce"] { #expect(try experiment(name).teacherLoss is CrossEntropy) }
    #expect(try experiment("mse:softmax").teacherLoss is MeanSquaredError)
    #expect(try experiment("focal").teacherLoss is FocalLoss)
    // One network, trained once, if the hard arm is the teacher.
    #expect(try experiment("focal").isTeacherHardArm && experiment("distillation").isTeacherHardArm)
    #expect(try !experiment("mse").isTeacherHardArm)
    // A loss that would take smoothed labels for a teacher's does not get them.
    #expect(!Experiment.accepts(.smooth, Distillation(temperature: 2, alpha: 1)))
  }

  @Test("a hard arm that is no teacher does not become one")
  func hardArmIsNoTeacher() throws {
    func softWeights(after modes: [LabelMode]) throws -> [Float] {
      let (experiment, teachers) = (try experiment("mse", soft: .trainedTeacher()), TeacherCache())
      var weights: [Float] = []
      for labels in modes + [.soft] {
        _ = try experiment.run(Trial(labels: labels, seed: 1), teachers: teachers) { event in
          if case .trained(_, let parameters) = event { weights = parameters.values }
        }
      }
      return weights
    }
    #expect(try softWeights(after: [.hard]) == softWeights(after: []))
  }

  @Test("with weights, hard labels and their one-hot rows train alike under the effective weight alone")
  func denominators() throws {
    let hard = try Self.training.hardTargets
    let oneHot = (0..<60).flatMap { hard.distribution(at: $0) }
    let weights = (1...10).map(Float.init)
    for (text, isAlike) in [("cross-entropy", false), ("cross-entropy:effective-weight", true)] {
      let experiment = try experiment(text, soft: .rows(oneHot), classWeights: weights)
      #expect((try run(experiment, .hard).parameters == run(experiment, .soft).parameters) == isAlike)
    }
  }
}
