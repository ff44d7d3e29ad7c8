import Foundation
import Synchronization
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

extension Recipe {
  /// A recipe for `shapes` with a small network, trained for some epochs.
  static func example(
    _ name: String = "example", _ source: LabelSettings.Source = .hard, hidden: [Int] = [16], epochs: Int = 1,
    loss: any Loss = CrossEntropy()
  ) throws -> Recipe {
    var recipe = Recipe(
      name, network: try Network(Models.mlp(hidden: hidden, inputShape: [3, 32, 32]), inputShape: [3, 32, 32]),
      labels: LabelSettings(source),
      loss: loss)
    recipe.configuration.epochs = epochs
    return recipe
  }

  /// The same network, trained in the same way on other labels.
  func with(_ name: String, _ source: LabelSettings.Source) -> Recipe {
    var recipe = self
    (recipe.name, recipe.labels.source) = (name, source)
    return recipe
  }
}

@Suite("Recipe")
struct RecipeTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  private struct Run {
    let result: TrialResult
    let parameters: Parameters
    let images: [Int]
    let teacherImages: [Int]
  }

  /// Runs a recipe, and tells which images it and its teacher were trained on.
  private func run(_ recipe: Recipe, seed: UInt64 = 1, teachers: TeacherCache? = nil) throws -> Run {
    var (images, teacherImages): ([Int], [Int]) = ([], [])
    var weights: Parameters?
    let result = try recipe.run(
      TrialSession(
        trial: Trial(recipe.name, seed: seed), training: Self.training, test: Self.test,
        team: ThreadTeam(threadCount: 2), teachers: teachers, curvePoints: 0, logEvery: 5, shouldStop: { false }
      ) { event in
        switch event {
        case .start(_, let isTeacher, let count):
          if isTeacher { teacherImages.append(count) } else { images.append(count) }
        case .trained(let trial, let trained):
          #expect(trial == Trial(recipe.name, seed: seed) && trained.normalization == recipe.normalization)
          weights = trained.parameters
        default: break
        }
      })
    return Run(
      result: result, parameters: try #require(weights), images: images, teacherImages: teacherImages)
  }

  private func oneHot(_ set: Dataset) throws -> [Float] {
    let targets = try set.hardTargets
    return (0..<set.count).flatMap { targets.distribution(at: $0) }
  }

  @Test("hard labels and their one-hot rows as soft labels train bit-identical networks")
  func oneHotIsHard() throws {
    let recipe = try Recipe.example(epochs: 2)
    let hard = try run(recipe)
    let soft = try run(recipe.with("soft", .rows(try oneHot(Self.training))))
    #expect(hard.parameters == soft.parameters)
    #expect(hard.result.trainingLoss == soft.result.trainingLoss)
    #expect(hard.result.evaluation == soft.result.evaluation)
    #expect(try run(recipe.with("smooth", .smoothed(by: 0.1))).parameters != hard.parameters)
  }

  @Test("seeds differ, and the same seed gives the same result")
  func seeds() throws {
    let recipe = try Recipe.example()
    let first = try run(recipe, seed: 1)
    #expect(try run(recipe, seed: 1).parameters == first.parameters)
    #expect(try run(recipe, seed: 2).parameters != first.parameters)
  }

  @Test("a teacher is trained first, unless another trial trains its recipe")
  func teacher() throws {
    let recipe = try Recipe.example()
    let taught = recipe.with("taught", .trainedTeacher(recipe))
    let student = try run(taught)
    #expect(student.teacherImages == [60] && student.images == [60])

    let teachers = TeacherCache(for: [recipe, taught])
    let hard = try run(recipe, teachers: teachers)
    let second = try run(taught, teachers: teachers)
    #expect(second.teacherImages.isEmpty)
    #expect(second.parameters == student.parameters)

    let given = recipe.with("given", .teacher(recipe.classifier(hard.parameters)))
    #expect(try run(given).parameters == student.parameters)

    var warm = given
    warm.labels.temperature = 3
    #expect(try run(warm).parameters != student.parameters)
  }

  @Test("a teacher may have a teacher, another network and other pixels")
  func teachersTeacher() throws {
    let first = try Recipe.example("first", hidden: [4])
    var second = try Recipe.example("second", .trainedTeacher(first), hidden: [6])
    second.normalization = PixelNormalization(mean: 0.2, standardDeviation: 0.3)
    let third = try Recipe.example("third", .trainedTeacher(second), hidden: [8])
    let result = try run(third)
    #expect(result.teacherImages == [60, 60] && result.images == [60])
    // The same by hand.
    let teacher = second.classifier(try run(second).parameters)
    #expect(try run(third.with("given", .teacher(teacher))).parameters == result.parameters)
  }

  @Test("with few labels, those alone are trained on, and soft labels are for all images")
  func labelled() throws {
    var recipe = try Recipe.example()
    recipe.labels.labelled = .first(20)
    #expect(try run(recipe.with("smooth", .smoothed(by: 0.1))).images == [20])
    let soft = try run(recipe.with("soft", .trainedTeacher(recipe)))
    #expect(soft.teacherImages == [20] && soft.images == [60])
    #expect(try run(recipe).images == [20])
  }

  @Test("labelled images keep their labels, whatever the soft labels say")
  func labelsAreKept() throws {
    // Soft labels that are wrong for the first 20 images and one-hot for the rest.
    var rows = try oneHot(Self.training)
    for index in 0..<200 { rows[index] = 0.1 }
    var partly = try Recipe.example("partly", .rows(rows))
    partly.labels.labelled = .first(20)
    let whole = try Recipe.example("whole", .rows(try oneHot(Self.training)))
    #expect(try run(partly).parameters == run(whole).parameters)
  }

  @Test("noisy labels are part of it: they are what a data set with these labels gives")
  func noise() throws {
    var recipe = try Recipe.example()
    recipe.labels.noise = LabelSettings.Noise(.symmetric(rate: 0.5), seed: 3)
    let noisy = Self.training.with(.symmetric(rate: 0.5), seed: 3)
    let given = try Recipe.example().run(seed: 1, training: noisy, test: Self.test)
    let own = try run(recipe).result
    #expect(own.logits == given.logits)
    #expect(try run(Recipe.example()).result.logits != own.logits)
  }

  @Test("is the same training as another only if everything is, and can be compared")
  func sameTraining() throws {
    let recipe = try Recipe.example()
    #expect(recipe.isSameTraining(as: recipe.with("other name", .hard)))
    func differs(_ change: (inout Recipe) throws -> Void) rethrows -> Bool {
      var other = recipe
      try change(&other)
      return !recipe.isSameTraining(as: other)
    }
    #expect(try differs { $0.network = try Recipe.example(hidden: [17]).network })
    #expect(try !differs { $0.network = try Recipe.example().network })
    #expect(differs { $0.loss = CrossEntropy(labelSmoothing: 0.1) } && differs { $0.loss = KLDivergence() })
    #expect(differs { $0.configuration.optimizer = SGD(learningRate: 0.001) })
    #expect(differs { $0.configuration.epochs = 7 } && differs { $0.configuration.batchSize = 7 })
    #expect(differs { $0.configuration.shuffles = false } && differs { $0.configuration.schedule = TriangularLR() })
    #expect(differs { $0.configuration.groups = [.init(.all, schedule: StepLR(every: .epochs(1)))] })
    var scheduled = recipe.with("scheduled", .hard)
    scheduled.configuration.schedule = CosineAnnealingLR()
    #expect(scheduled.isSameTraining(as: scheduled) && !scheduled.isSameTraining(as: recipe))
    #expect(differs { $0.normalization = PixelNormalization(mean: 0, standardDeviation: 1) })
    #expect(differs { $0.initialParameters = Parameters(of: $0.network, seed: 1) })
    #expect(differs { $0.labels.noise = LabelSettings.Noise(.pairwise(rate: 0.1)) })
    #expect(differs { $0.labels.source = .smoothed(by: 0.1) } && differs { $0.labels.ignoreIndex = 1 })
    #expect(differs { $0.labels.labelled = .first(3) } && differs { $0.labels.temperature = 2 })
    // What cannot be compared is not the same, not even with itself.
    let formula = recipe.with("formula", .hard)
    var own = formula
    own.loss = FormulaLoss { logits, target in -(target * logSoftmax(logits)).sum() }
    #expect(formula.isSameTraining(as: formula) && !own.isSameTraining(as: own))
    let taught = recipe.with("taught", .trainedTeacher(recipe, folds: 2))
    #expect(taught.isSameTraining(as: recipe.with("again", .trainedTeacher(recipe, folds: 2))))
    #expect(!taught.isSameTraining(as: recipe.with("again", .trainedTeacher(recipe, folds: 3))))
    #expect(!taught.isSameTraining(as: recipe.with("again", .trainedTeacher(own, folds: 2))))
  }
}

/// A model that counts how often it is recorded.
private struct Counted: Model {
  final class Count: Sendable {
    let value = Mutex(0)
  }

  let count = Count()

  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    count.value.withLock { $0 += 1 }
    return try Models.mlp(hidden: [4], inputShape: [3, 32, 32]).record(input, in: &graph)
  }
}

@Suite("Recording")
struct RecordingTests {
  @Test("happens once, whatever is made of a network: teachers with folds, rounds, curves and results")
  func once() throws {
    let model = Counted()
    var recipe = Recipe("hard", network: try Network(model, inputShape: [3, 32, 32]))
    recipe.configuration.epochs = 1
    recipe.labels.labelled = .balanced(20)
    var soft = recipe.with("soft", .trainedTeacher(recipe, folds: 2))
    soft.labels.pseudoLabelling.rounds = 2
    let comparison = Comparison(
      [recipe, soft, recipe.with("taught", .trainedTeacher(recipe))], training: Shapes.make(.train, count: 40),
      test: Shapes.make(.test, count: 20), seeds: [1, 2])
    let results = try comparison.run(keepsCurves: true)
    #expect(results.count == 6 && results.allSatisfy { !$0.curve.isEmpty && $0.evaluation.count == 20 })
    #expect(results.contains { $0.pseudoLabels != nil })
    #expect(recipe.usefulThreadCount >= 1 && model.count.value.withLock { $0 } == 1)
  }
}

@Suite("Classifier")
struct ClassifierTests {
  private static let plain = PixelNormalization(mean: 0, standardDeviation: 1)

  /// What a plan says of images whose pixels were normalised in the given way.
  private func logits(_ classifier: Classifier, _ set: Dataset, _ normalization: PixelNormalization) -> [Float] {
    var plan = InferencePlan(classifier.network, batchSize: set.count, parameters: classifier.parameters)
    let logits = plan.logits(
      for: set.inputs(normalization: normalization), at: Array(0..<set.count)[...])
    return logits.indices.map { logits[$0] }
  }

  @Test("a network is evaluated on pixels that are normalised as in its training, wherever it predicts")
  func normalization() throws {
    let (training, test) = (Shapes.make(.train, count: 60), Shapes.make(.test, count: 40))
    var recipe = try Recipe.example()
    recipe.normalization = Self.plain
    recipe.configuration.optimizer = SGD(learningRate: 0.01, momentum: 0.9)
    var trained: Classifier?
    let result = try recipe.run(seed: 1, training: training, test: test, curvePoints: 3) {
      if case .trained(_, let classifier) = $0 { trained = classifier }
    }
    let classifier = try #require(trained)
    let expected = logits(classifier, test, Self.plain)
    #expect(result.logits == expected && classifier.logits(for: test) == expected)
    #expect(expected != logits(classifier, test, .minusOneToOne))
    let evaluation = Evaluation(logits: expected, on: test)
    #expect(result.evaluation == evaluation && Evaluation(of: classifier, on: test) == evaluation)
    #expect(result.curve.last?.testLoss == evaluation.loss)
    #expect(
      TemperatureTrial(of: classifier, on: test).temperature
        == TemperatureTrial(logits: expected, labels: test.labels, classCount: 10).temperature)
    // As a teacher too.
    let rows = PseudoLabels.distributions(of: classifier, on: test, temperature: 1)
    let first = RowSoftmax(Array(expected[..<10]).span)
    #expect(rows[0] == Float(exp(first.logProbability(expected[0]))))
    // And it is what it was trained on.
    var run = TrainingRun(
      recipe.network, inputs: training.inputs(normalization: Self.plain), targets: try training.hardTargets,
      loss: CrossEntropy(), configuration: recipe.configuration, seed: 1)
    while run.next() != nil {}
    let parameters = run.parameters
    #expect(parameters == classifier.parameters)
  }

  @Test("colours may have a mean and a deviation each")
  func colours() throws {
    let set = Shapes.make(.test, count: 20)
    let network = try Network(Models.mlp(hidden: [4], inputShape: [3, 32, 32]), inputShape: [3, 32, 32])
    let weights = Parameters(of: network, seed: 1)
    let three = PixelNormalization(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
    #expect(
      Classifier(network, parameters: weights, normalization: three).logits(for: set)
        == Classifier(network, parameters: weights).logits(for: set))
  }
}
