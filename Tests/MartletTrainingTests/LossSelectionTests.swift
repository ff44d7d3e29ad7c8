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

@Suite("Recipes with other losses")
struct LossRecipeTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  /// The kinds of label that losses differ in.
  private enum Kind: CaseIterable {
    case hard, smooth, soft

    func isTaken(by loss: any Loss) -> Bool {
      switch self {
      case .hard: loss.takesIndices
      case .smooth: loss.takesSmoothedLabels
      case .soft: loss.takesSoftLabels
      }
    }
  }

  /// A recipe whose smooth labels are smoothed by the loss, if it can do so, and whose soft ones are a teacher's, if one is wanted.
  private func recipe(
    _ text: String, _ kind: Kind, rows: [Float]? = nil, smoothing: Float = 0.1, ignoreIndex: Int? = nil,
    classWeights: [Float]? = nil, labelled: Int? = nil, isTaught: Bool = false
  ) throws -> Recipe {
    let selection = try LossSelection(text)
    let model = Sequential(
      Models.mlp(hidden: [16], inputShape: [3, 32, 32]).parts + (selection.outputLayer.map { [$0] } ?? []))
    var recipe = Recipe(
      text, network: try Network(model, inputShape: [3, 32, 32]), loss: selection.loss(classWeights: classWeights))
    recipe.configuration.epochs = 1
    recipe.labels.labelled = labelled.map(LabelledSubset.first) ?? .all
    recipe.labels.ignoreIndex = ignoreIndex
    switch kind {
    case .hard: break
    case .smooth:
      if let smoothed = recipe.loss.smoothingItself(by: smoothing) {
        recipe.loss = smoothed
      } else {
        recipe.labels.source = .smoothed(by: smoothing)
      }
    case .soft:
      var teacher = recipe
      teacher.loss = recipe.loss.isOfSoftmax && recipe.loss.takesIndices ? recipe.loss : CrossEntropy()
      recipe.labels.source = isTaught ? .trainedTeacher(teacher) : rows.map { .rows($0) } ?? .dataset
      recipe.labels.temperature = selection.temperature ?? 1
    }
    return recipe
  }

  private func run(
    _ recipe: Recipe, on training: Dataset = training
  ) throws -> (result: TrialResult, parameters: Parameters) {
    var weights: Parameters?
    let result = try recipe.run(seed: 1, training: training, test: Self.test, team: ThreadTeam(threadCount: 2)) {
      if case .trained(_, let trained) = $0 { weights = trained.parameters }
    }
    return (result, try #require(weights))
  }

  @Test("every loss trains under every kind of label that it takes", arguments: LossCatalog.all.map(\.name))
  func everyLoss(name: String) throws {
    let loss = try LossSelection(name).loss(classWeights: nil)
    let kinds = Kind.allCases.filter { $0.isTaken(by: loss) }
    // A loss that would take smoothed labels for a teacher's does not get them.
    #expect(kinds == (name == "distillation" ? [.soft] : Kind.allCases))
    var weights: [[Float]] = []
    for kind in kinds {
      let (result, parameters) = try run(recipe(name, kind, isTaught: name == "distillation"))
      #expect(result.trainingLoss.isFinite && result.evaluation.loss.isFinite)
      weights.append(parameters.values)
    }
    #expect(Set(weights).count == kinds.count)
  }

  @Test("KL divergence trains to the bits of cross-entropy, and likelihood behind log-softmax up to rounding")
  func sameNetwork() throws {
    for kind in Kind.allCases {
      let cross = try run(recipe("cross-entropy", kind))
      // Smoothing inside the loss and of the targets differ by rounding.
      let divergence = try run(recipe("kl", kind, smoothing: 0))
      #expect(try divergence.parameters == run(recipe("cross-entropy", kind, smoothing: 0)).parameters)
      let likelihood = try run(recipe("nll", kind))
      #expect(likelihood.parameters.entries == cross.parameters.entries)
      let gap = zip(likelihood.parameters.values, cross.parameters.values).map { abs($0 - $1) }.max()
      #expect(try #require(gap) < 1e-5)
    }
  }

  @Test("smoothing in the loss and smoothing of the targets are the same thing")
  func smoothing() throws {
    let inLoss = try run(recipe("cross-entropy", .smooth, smoothing: 0.3))
    let inTargets = try run(recipe("focal:gamma=0", .smooth, smoothing: 0.3))
    #expect(zip(inLoss.parameters.values, inTargets.parameters.values).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(abs(inLoss.result.trainingLoss - inTargets.result.trainingLoss) < 1e-5)
  }

  @Test("an ignored class changes nothing but the batches, and is left out of the test")
  func ignoring() throws {
    let some = try run(recipe("cross-entropy", .hard, ignoreIndex: 3))
    #expect(some.result.evaluation.count == Self.test.labels.count { $0 != 3 })
    #expect(some.result.evaluation.classAccuracies[3].isNaN)
    // The same with the class's images painted over: nothing of them is learnt.
    let pixels = Self.training.pixels.enumerated().map { place, pixel in
      Self.training.labels[place / Self.training.imageShape.count] == 3 ? 200 : pixel
    }
    let painted = Dataset(
      name: "shapes", split: "train", imageShape: Self.training.imageShape, classNames: Self.training.classNames,
      pixels: pixels, labels: Self.training.labels, distributions: Self.training.distributions)
    for kind in Kind.allCases {
      let first = try run(recipe("kl", kind, ignoreIndex: 3))
      let second = try run(recipe("kl", kind, ignoreIndex: 3), on: painted)
      #expect(first.parameters == second.parameters)
      #expect(try run(recipe("kl", kind)).parameters != first.parameters)
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
      let recipe = try recipe(name, .soft, ignoreIndex: ignored, labelled: 20, isTaught: true)
      #expect(try run(recipe).parameters == run(recipe, on: relabelled).parameters)
    }
  }

  @Test("distillation keeps the teacher's distribution where labels are kept, and has the labels beside it")
  func distillation() throws {
    let soft = try #require(Self.training.distributions)
    func targets(_ name: String) throws -> Targets {
      try Lessons(recipe(name, .soft, labelled: 20), Self.training, seed: 1).softTargets(from: soft)
    }
    let some = try targets("distillation")
    #expect(some.encoding == .labelledProbabilities)
    for row in [0, 19, 20, 59] {
      #expect(some.distribution(at: row) == Array(soft[row * 10..<row * 10 + 10]))
      #expect(some.target(at: row).classIndex == (row < 20 ? Int(Self.training.labels[row]) : nil))
    }
    // Cross-entropy gets one of the two.
    let other = try targets("cross-entropy")
    #expect(other.distribution(at: 19)[Int(Self.training.labels[19])] == 1)
    #expect(other.distribution(at: 20) == Array(soft[200..<210]))
  }

  @Test("losses say whether the softmax of the outputs is what they train, and whether they smooth by themselves")
  func traits() throws {
    func loss(_ text: String) throws -> any Loss { try LossSelection(text).loss(classWeights: nil) }
    let others = LossCatalog.all.map(\.name).filter { !["bce", "mse"].contains($0) }
    for name in others + ["mse:softmax"] { #expect(try loss(name).isOfSoftmax, "\(name)") }
    #expect(try !loss("bce").isOfSoftmax && !loss("mse").isOfSoftmax)
    for name in LossCatalog.all.map(\.name) {
      #expect(try (loss(name).smoothingItself(by: 0.2) != nil) == (name == "cross-entropy"), "\(name)")
    }
    #expect(try loss("cross-entropy").weightsOfClasses == nil && loss("gce").weightsOfClasses == nil)
    let weighted = try LossSelection("bce").loss(classWeights: [1, 2]).weightsOfClasses
    #expect(weighted?.weights == [1, 2] && weighted?.denominator == nil)
    let fair = try LossSelection("focal:effective-weight").loss(classWeights: [1, 2]).weightsOfClasses
    #expect(fair?.weights == [1, 2] && fair?.denominator == .effectiveWeight)
  }

  @Test("a trial that is no teacher does not become one")
  func trialIsNoTeacher() throws {
    let hard = try recipe("mse", .hard).with("hard", .hard)
    let soft = try recipe("mse", .soft, isTaught: true)
    func weights(_ recipes: [Recipe]) throws -> [Float] {
      let comparison = Comparison(recipes, training: Self.training, test: Self.test, seeds: [1])
      return try #require(comparison.run(workers: 1) { _, _ in }.last).logits
    }
    #expect(try weights([hard, soft]) == weights([soft]))
  }

  @Test("with weights, hard labels and their one-hot rows train alike under the effective weight alone")
  func denominators() throws {
    let hard = try Self.training.hardTargets
    let oneHot = (0..<60).flatMap { hard.distribution(at: $0) }
    let weights = (1...10).map(Float.init)
    for (text, isAlike) in [("cross-entropy", false), ("cross-entropy:effective-weight", true)] {
      let indices = try run(recipe(text, .hard, classWeights: weights)).parameters
      let rows = try run(recipe(text, .soft, rows: oneHot, classWeights: weights)).parameters
      #expect((indices == rows) == isAlike)
    }
  }
}
