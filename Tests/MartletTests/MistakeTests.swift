import Martlet
import Testing

/// Mistakes of the programmer end the program with a sentence, in optimised code too.
@Suite("Programmers' mistakes end the program with a sentence")
struct MistakeTests {
  /// The last line that the program said.
  private func sentence(_ result: ExitTest.Result?) throws -> String {
    String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
  }

  private static func plan() throws -> TrainingPlan {
    try TrainingPlan(
      Network(Models.mlp(hidden: [], inputShape: [2, 3], classCount: 2), inputShape: [2, 3]), batchSize: 2,
      loss: IndicesOnly(),
      optimizer: SGD(learningRate: 1, momentum: 0.5), seed: 1)
  }

  private struct IndicesOnly: Loss {
    var acceptedTargets: Set<Targets.Encoding> { [.classIndices] }
    func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
      CrossEntropy().evaluate(logits: logits, target: target, gradient: &gradient)
    }
  }

  private static func batch(_ shape: Shape = [2, 3], soft: Bool = false, at indices: ArraySlice<Int> = [0]) throws
    -> Batch
  {
    let targets: Targets =
      soft ? try .probabilities([1, 0], classCount: 2) : try .classIndices([1], classCount: 2)
    return Batch(inputs: DenseInputs(Array(repeating: 1, count: 6), shape: shape), targets: targets, indices: indices)
  }

  @Test("one row has no batch statistics")
  func batchNormOfOneRow() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = try Network(
        Sequential {
          Linear(4, 3)
          BatchNorm1d(3)
        }, inputShape: [4])
      _ = TrainingPlan(network, batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 0)
    }
    #expect(
      try sentence(result).contains("Batch normalisation needs 2 examples a step or more in this network, not 1."))
    let last = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = try Network(
        Sequential {
          Linear(4, 3)
          BatchNorm1d(3)
        }, inputShape: [4])
      var plan = TrainingPlan(network, batchSize: 2, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 0)
      plan.step(
        Batch(inputs: DenseInputs([1, 2, 3, 4], shape: [4]), targets: try .classIndices([0], classCount: 3)))
    }
    #expect(try sentence(last).contains("Batch normalisation needs 2 examples a step or more in this network, not 1."))
  }

  @Test("vectors cannot be moved")
  func movedVectors() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let inputs = AugmentedInputs(DenseInputs([1, 2], shape: [2]), [RandomCrop(padding: 1)])
      var row: [Float] = [0, 0]
      var span = row.mutableSpan
      inputs.read(0, as: View(1, of: 0, random: RandomSource(seed: 1)), into: &span)
    }
    #expect(try sentence(result).contains("Only images can be moved, mirrored or erased, not inputs of shape (2,)."))
  }

  @Test("a region beyond the image's border")
  func regionOutside() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Batch(
        inputs: DenseInputs([1, 2, 3, 4], shape: [1, 2, 2]), targets: try .classIndices([0], classCount: 2),
        rows: [
          BatchRow(example: 0, partner: .init(example: 0, share: 1, region: .init(rows: 0..<3, columns: 0..<1)))
        ])
    }
    #expect(
      try sentence(result).contains("Rows 0..<3 and columns 0..<1 are no part of an image of shape (1, 2, 2)."))
  }

  @Test("brightness of inputs that nobody knows to be pixels")
  func brightnessOfNoPixels() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let inputs = AugmentedInputs(DenseInputs([1, 2], shape: [1, 1, 2]), [ColorJitter(brightness: 0.5)])
      var row: [Float] = [0, 0]
      var span = row.mutableSpan
      inputs.read(0, as: View(1, of: 0, random: RandomSource(seed: 1)), into: &span)
    }
    #expect(try sentence(result).contains("these inputs do not say how their pixels were normalised."))
  }

  @Test("an image that is too small for its reflection")
  func reflectionTooWide() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let inputs = AugmentedInputs(
        DenseInputs(Array(repeating: 0, count: 32), shape: [1, 4, 8]), [RandomCrop(padding: 2, mode: .reflect)])
      var row = Array(repeating: Float(0), count: 32)
      var span = row.mutableSpan
      inputs.read(0, as: View(1, of: 0, random: RandomSource(seed: 1)), into: &span)
    }
    #expect(
      try sentence(result).contains(
        "An image of shape (1, 4, 8) is too small to be reflected over 2 pixels on each side."))
  }

  @Test("a group whose name is no parameter's")
  func unknownGroup() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try TrainingPlan(
        Network(Linear(2, 2), inputShape: [2]), batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1),
        seed: 0, groups: [.init(.named("fc9"), isFrozen: true)])
    }
    #expect(try sentence(result).contains("There is no parameter 'fc9'; there are weight, bias."))
  }

  @Test("a network without parameters cannot be trained")
  func nothingToTrain() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try TrainingPlan(
        Network(ReLU(), inputShape: [3]), batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 0)
    }
    #expect(try sentence(result).contains("The network has no parameters, so there is nothing to train."))
  }

  @Test("gradients of a plan that does not keep them")
  func gradientsNotKept() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var plan = try Self.plan()
      plan.step(try Self.batch())
      _ = plan.gradients
    }
    #expect(try sentence(result).contains("make it with keepsGradients: true"))
  }

  @Test("soft targets for a loss that takes indices, also after the first step")
  func targetEncoding() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var plan = try Self.plan()
      plan.step(try Self.batch())
      plan.step(try Self.batch(soft: true))
    }
    #expect(try sentence(result).contains("does not take probabilities"))
  }

  @Test("inputs of another shape with as many elements")
  func inputShape() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var plan = try Self.plan()
      plan.step(try Self.batch([3, 2]))
    }
    #expect(try sentence(result).contains("This plan takes inputs of shape (2, 3), not (3, 2)."))
  }

  @Test("one target an example for a model that answers at many positions")
  func positions() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var plan = try TrainingPlan(
        Network(Conv2d(1, 2, kernelSize: 1), inputShape: [1, 2, 3]), batchSize: 1, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 1), seed: 1)
      plan.step(try Self.batch([1, 2, 3]))
    }
    #expect(try sentence(result).contains("For one target an example, end the model with a Flatten()."))
  }

  @Test("smoothing outside 0 to 1")
  func smoothing() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CrossEntropy(labelSmoothing: -0.1)
    }
    #expect(try sentence(result).contains("Label smoothing must be in 0...1, not -0.1."))
  }

  @Test("class weights for another number of classes")
  func classWeights() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let targets = try Targets.classIndices([0], classCount: 2)
      _ = CrossEntropy(classWeights: [1, 2, 3]).evaluate(logits: [0, 0], targets: targets)
    }
    #expect(try sentence(result).contains("There are 3 class weights for 2 classes."))
  }

  @Test("too few class weights, also where the label is beyond them")
  func fewClassWeights() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let targets = try Targets.classIndices([2], classCount: 3)
      _ = CrossEntropy(classWeights: [1, 2]).evaluate(logits: [0, 0, 0], targets: targets)
    }
    #expect(try sentence(result).contains("There are 2 class weights for 3 classes."))
  }

  @Test("a gradient check at positions")
  func checkAtPositions() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let targets = try Targets.classIndices([0, 1], classCount: 2, positions: [2])
      _ = checkGradient(of: CrossEntropy(), logits: [0, 0, 0, 0], targets: targets)
    }
    #expect(try sentence(result).contains("give one target a row, without positions"))
  }

  @Test("independent probabilities taken for distributions")
  func independentAsDistributions() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Targets.independentProbabilities([1, 1], labelCount: 2).smoothed(by: 0.1)
    }
    #expect(try sentence(result).contains("Independent probabilities are no distributions"))
  }

  @Test("reading the target of an ignored row")
  func ignoredRow() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Targets.classIndices([0, -100], classCount: 2, ignoreIndex: -100).distribution(at: 1)
    }
    #expect(try sentence(result).contains("Target row 1 is ignored"))
  }

  @Test("a formula that ends in a row of numbers")
  func formulaOfRows() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let targets = try Targets.classIndices([0], classCount: 3)
      _ = FormulaLoss { logits, target in logits * target }.evaluate(logits: [1, 2, 3], targets: targets)
    }
    #expect(try sentence(result).contains("A formula ends in one number, not in 3: add them up with .sum()"))
  }

  @Test("an example that is not there")
  func index() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Self.batch(at: [1])
    }
    #expect(try sentence(result).contains("There is no example 1 among 1 inputs."))
  }

  @Test("an optimizer with another amount of state")
  func optimizerState() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var plan = try Self.plan()
      plan.optimizer = SGD(learningRate: 1)
    }
    #expect(try sentence(result).contains("made for an optimizer that keeps"))
  }

  @Test("hyperparameters out of range")
  func hyperparameters() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var optimizer = SGD(learningRate: 1)
      optimizer.learningRate = -1
    }
    #expect(try sentence(result).contains("The learning rate must be 0 or more, not -1.0."))
  }

  @Test("a learning rate may follow a schedule")
  func schedule() throws {
    var plan = try Self.plan()
    plan.step(try Self.batch())
    let before = plan.parameters
    plan.optimizer = SGD(learningRate: 0, momentum: 0.5)
    plan.step(try Self.batch())
    #expect(plan.parameters == before)
  }
}
