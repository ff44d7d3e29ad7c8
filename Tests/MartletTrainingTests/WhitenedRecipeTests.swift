import Martlet
import MartletData
import Testing

@testable import MartletTraining

@Suite("Whitening in recipes, and what leaves too few images")
struct WhitenedRecipeTests {
  private static let (training, test) = (Shapes.make(.train, count: 40), Shapes.make(.test, count: 20))

  private func recipe(widths: [Int] = [8]) throws -> Recipe {
    let shape = Self.training.imageShape
    var recipe = Recipe("a", network: try Network(Models.speedrun(widths: widths), inputShape: shape))
    recipe.configuration.batchSize = 20
    recipe.configuration.epochs = 1
    return recipe
  }

  /// The weights that a recipe ends with.
  private func weights(_ recipe: Recipe, seed: UInt64 = 1) throws -> Parameters {
    var result: Parameters?
    _ = try recipe.run(seed: seed, training: Self.training, test: Self.test) { event in
      if case .trained(_, let trained) = event { result = trained.parameters }
    }
    return try #require(result)
  }

  @Test("the first weights are those of the training images, and frozen they stay so")
  func whitening() throws {
    var recipe = try recipe()
    recipe.whitening = Whitening("whiten.weight", imageCount: 30, epsilon: 1e-3)
    recipe.configuration.groups = [ParameterGroup(.named("whiten.weight"), isFrozen: true)]
    var expected = Parameters(of: recipe.network, seed: 1)
    let drawn = expected["whiten.weight"]
    try expected.whiten("whiten.weight", with: Self.training.inputs(), examples: 0..<30, epsilon: 1e-3)
    let whitened = expected["whiten.weight"]
    #expect(drawn != whitened)
    let trained = try weights(recipe)
    #expect(trained["whiten.weight"] == whitened && trained["whiten.bias"] != expected["whiten.bias"])
    // More images than there are stand for all of them.
    recipe.whitening = Whitening("whiten.weight")
    recipe.configuration.epochs = 0
    try expected.whiten("whiten.weight", with: Self.training.inputs(), examples: 0..<40)
    #expect(try weights(recipe)["whiten.weight"] == expected["whiten.weight"])
  }

  @Test("recipes that whiten differently are other trainings")
  func sharing() throws {
    let plain = try recipe()
    var whitened = plain
    whitened.whitening = Whitening("whiten.weight")
    #expect(plain.isSameTraining(as: plain) && !plain.isSameTraining(as: whitened))
  }

  @Test("too few images to hold out, to train on, or in a step are found, also for teachers")
  func problems() throws {
    var recipe = try recipe()
    func problem(count: Int = 40, seed: UInt64 = 1) -> RecipeProblem? {
      recipe.problem(training: Self.training.prefix(count), seed: seed)
    }
    #expect(problem() == nil && problem(count: 1) == nil)
    recipe.configuration.validation = ValidationSplit(share: 0.1)
    #expect(problem() == nil)
    #expect(problem(count: 1) == .tooFewToHoldOut(count: 1))
    recipe.configuration.validation = ValidationSplit(share: 0.99)
    guard case .noImageLeft(let label) = problem() else {
      Issue.record("All images but one are held out.")
      return
    }
    #expect(Self.training.labels.contains(UInt8(label)))

    // At 1×1 pixels, a batch normalisation needs two images.
    recipe = try self.recipe(widths: [8, 8, 8, 8])
    #expect(recipe.network.minimumRows == 2)
    #expect(problem() == nil && problem(count: 21) == .smallStep(count: 1, needed: 2))
    var student = recipe
    student.labels.source = .trainedTeacher(recipe, folds: 2)
    #expect(student.problem(training: Self.training, seed: 1) == nil)
    // Each teacher has 21 images, and so a step of 1.
    let images = Shapes.make(.train, count: 42)
    #expect(student.problem(training: images, seed: 1) == .smallStep(count: 1, needed: 2))
    student.configuration.batchSize = 21
    #expect(student.problem(training: images, seed: 1) == .smallStep(count: 1, needed: 2))
    student.labels.source = .trainedTeacher(recipe, folds: 3)
    #expect(student.problem(training: images, seed: 1) == nil)
  }
}
