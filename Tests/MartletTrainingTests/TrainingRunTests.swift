import Foundation
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

private func network() throws -> Network {
  try Network(Models.mlp(hidden: [6], inputShape: [3], classCount: 4), inputShape: [3])
}

private func scene(count: Int) throws -> (inputs: DenseInputs, targets: Targets) {
  let source = RandomSource(seed: 3)
  return (
    DenseInputs((0..<count * 3).map { source.uniform(at: $0) }, shape: [3]),
    try .classIndices((0..<count).map { $0 % 4 }, classCount: 4)
  )
}

@Suite("Batches without any weight")
struct WeightlessBatchTests {
  @Test("do not spoil the running loss")
  func runningLoss() throws {
    var configuration = TrainingConfiguration()
    configuration.batchSize = 1
    configuration.epochs = 1
    let targets = try Targets.classIndices([0, -100, 1, -100], classCount: 2, ignoreIndex: -100)
    var run = TrainingRun(
      try Network(Models.mlp(hidden: [], inputShape: [1], classCount: 2), inputShape: [1]),
      inputs: DenseInputs([0, 1, 2, 3], shape: [1]),
      targets: targets, loss: CrossEntropy(), configuration: configuration, logEvery: 4)
    var losses: [Double] = []
    while let event = run.next() {
      switch event {
      case .loss(_, _, let mean), .epochEnd(_, let mean): losses.append(mean)
      case .progress, .validation: break
      }
    }
    // Both are means over the two images that count.
    #expect(losses.count == 2 && losses[0].isFinite && losses[0] == losses[1])
  }

  @Test("have no mean by themselves")
  func nothing() throws {
    var configuration = TrainingConfiguration()
    configuration.batchSize = 1
    configuration.epochs = 1
    configuration.shuffles = false
    var run = TrainingRun(
      try Network(Models.mlp(hidden: [], inputShape: [1], classCount: 2), inputShape: [1]),
      inputs: DenseInputs([0, 1], shape: [1]),
      targets: try .classIndices([0, -100], classCount: 2, ignoreIndex: -100), loss: CrossEntropy(),
      configuration: configuration, logEvery: 1)
    var losses: [Double] = []
    while let event = run.next() { if case .loss(_, _, let mean) = event { losses.append(mean) } }
    #expect(losses.count == 2 && losses[0].isFinite && losses[1].isNaN)
  }
}

@Suite("Training run")
struct TrainingRunTests {
  private func events(_ configuration: TrainingConfiguration, count: Int, logEvery: Int = 2000) throws
    -> [TrainingEvent]
  {
    let (inputs, targets) = try scene(count: count)
    var run = TrainingRun(
      try network(), inputs: inputs, targets: targets, loss: CrossEntropy(), configuration: configuration,
      logEvery: logEvery)
    var events: [TrainingEvent] = []
    while let event = run.next() { events.append(event) }
    return events
  }

  @Test("running losses are means since the last line, and start anew with each epoch")
  func runningLoss() throws {
    var configuration = TrainingConfiguration()
    configuration.epochs = 2
    configuration.batchSize = 2
    let found = try events(configuration, count: 19, logEvery: 3)

    // The same by hand.
    let (inputs, targets) = try scene(count: 19)
    var plan = try TrainingPlan(
      network(), batchSize: 2, loss: CrossEntropy(), optimizer: configuration.optimizer, seed: 0)
    var expected: [TrainingEvent] = []
    for epoch in 1...2 {
      let order = RandomSource(seed: 0).stream("order").stream(epoch).permutation(of: 19)
      // The tenth step is left over, and has one image.
      var sum = 0.0
      var epochSum = 0.0
      for step in 1...10 {
        let rows = order[(step - 1) * 2..<min(step * 2, 19)]
        let loss = plan.step(Batch(inputs: inputs, targets: targets, indices: rows)).loss
        sum += loss
        epochSum += loss * Double(rows.count)
        if step % 3 == 0 {
          expected.append(.loss(epoch: epoch, step: step, mean: sum / 3))
          sum = 0
        }
      }
      expected.append(.epochEnd(epoch: epoch, meanLoss: epochSum / 19))
    }
    let losses = found.filter { if case .progress = $0 { false } else { true } }
    #expect(losses == expected)
  }

  @Test("each epoch sees each example once, the last batch being smaller")
  func epochs() throws {
    var configuration = TrainingConfiguration()
    configuration.epochs = 3
    let found = try events(configuration, count: 10)
    var ends = 0
    var last: TrainingProgress?
    for event in found {
      if case .epochEnd(let epoch, let loss) = event {
        ends += 1
        #expect(epoch == ends && loss > 0)
      }
      if case .progress(let progress) = event { last = progress }
    }
    #expect(ends == 3)
    let progress = try #require(last)
    #expect(progress.images == 30 && progress.stepsPerEpoch == 3 && progress.fraction == 1)
  }

  @Test("no epochs, no events")
  func nothing() throws {
    var configuration = TrainingConfiguration()
    configuration.epochs = 0
    #expect(try events(configuration, count: 4).isEmpty)
  }

  @Test("without shuffling, examples come as they are stored; with it, the seed decides")
  func order() throws {
    func weights(shuffles: Bool, seed: UInt64, order: [Int]? = nil) throws -> Parameters {
      let (inputs, targets) = try scene(count: 12)
      var configuration = TrainingConfiguration()
      configuration.shuffles = shuffles
      configuration.epochs = 1
      var run = TrainingRun(
        try network(), inputs: inputs, targets: targets, examples: order, loss: CrossEntropy(),
        configuration: configuration, seed: seed, parameters: Parameters(of: try network(), seed: 9))
      while run.next() != nil {}
      return run.parameters
    }
    let stored = try weights(shuffles: false, seed: 1)
    #expect(try stored == weights(shuffles: false, seed: 2))
    #expect(try stored != weights(shuffles: true, seed: 1))
    #expect(try weights(shuffles: true, seed: 1) == weights(shuffles: true, seed: 1))
    #expect(try weights(shuffles: true, seed: 1) != weights(shuffles: true, seed: 2))
    let shuffled = RandomSource(seed: 1).stream("order").stream(1).permutation(of: 12)
    #expect(try weights(shuffles: true, seed: 1) == weights(shuffles: false, seed: 1, order: shuffled))
  }
}

@Suite("Programmers' mistakes in training end the program with a sentence")
struct TrainingMistakeTests {
  private func sentence(_ result: ExitTest.Result?) throws -> String {
    String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
  }

  private static func run(batchSize: Int = 2, targetCount: Int = 4, logEvery: Int = 10) throws {
    var configuration = TrainingConfiguration()
    configuration.batchSize = batchSize
    _ = TrainingRun(
      try network(), inputs: try scene(count: 4).inputs, targets: try scene(count: targetCount).targets,
      loss: CrossEntropy(), configuration: configuration, logEvery: logEvery)
  }

  @Test("batches without images")
  func batchSize() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try Self.run(batchSize: 0)
    }
    #expect(try sentence(result).contains("A batch must have one input at least, not 0."))
  }

  @Test("fewer targets than inputs, or more, before training starts")
  func targets() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try Self.run(targetCount: 3)
    }
    #expect(try sentence(result).contains("There must be a target for each of 4 inputs, but there are 3."))
    let more = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try Self.run(targetCount: 5)
    }
    #expect(try sentence(more).contains("but there are 5."))
  }

  @Test("a loss that is reported every 0 steps")
  func logEvery() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try Self.run(logEvery: 0)
    }
    #expect(try sentence(result).contains("not every 0 steps"))
  }

  @Test("recipes whose loss does not take their labels, and teachers whose folds could not be left out")
  func labels() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let recipe = try Recipe.example("smooth", .smoothed(by: 0.1), loss: Distillation(temperature: 2, alpha: 1))
      _ = try recipe.run(seed: 1, training: Shapes.make(.train, count: 10), test: Shapes.make(.test, count: 10))
    }
    #expect(try sentence(result).contains("The loss of 'smooth', Distillation, does not take its labels."))
    let folds = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let recipe = try Recipe.example("soft", .trainedTeacher(.example("teacher", .dataset), folds: 2))
      _ = try recipe.run(seed: 1, training: Shapes.make(.train, count: 10), test: Shapes.make(.test, count: 10))
    }
    #expect(try sentence(folds).contains("Teachers with folds, as those of 'soft', learn from labels."))
  }

  @Test("recipes that are no comparison")
  func comparison() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let recipe = try Recipe.example()
      let images = Shapes.make(.test, count: 10)
      _ = Comparison([recipe, recipe], training: images, test: images, seeds: [1])
    }
    #expect(try sentence(result).contains("Each recipe of a comparison needs a name of its own."))
    let other = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let recipe = Recipe("flat", network: try network())
      let images = Shapes.make(.test, count: 10)
      _ = Comparison([recipe], training: images, test: images, seeds: [1])
    }
    #expect(
      try sentence(other).contains("The network of 'flat' takes (3,) and gives (4,), but the images are (3, 32, 32)"))
  }
}

/// PyTorch's running loss on real images.
struct TutorialFixture: Decodable, Sendable, CustomTestStringConvertible {
  let seed: UInt64
  let smoothing: Float
  let steps: Int
  let losses: [Double]
  var testDescription: String { "smoothing \(smoothing)" }

  static let all: [TutorialFixture] = (try? Fixture.load("tutorial.json", from: .module)) ?? []
}

@Suite("The tutorial")
struct TutorialTests {
  static let folder = RealData.folder(holding: "cifar-10-batches-bin/data_batch_1.bin")

  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(TutorialFixture.all.count == 2) }

  @Test(
    "2,000 steps on real CIFAR-10 give PyTorch's running loss to 1e-3",
    .enabled(if: folder != nil, "\(RealData.advice)"), arguments: TutorialFixture.all)
  func runningLoss(fixture: TutorialFixture) throws {
    guard let folder = Self.folder else { return }
    let images = try DatasetCatalog.cifar10.load(.train, from: folder, limit: 8000)
    var configuration = TrainingConfiguration()
    configuration.epochs = 1
    configuration.shuffles = false
    var run = TrainingRun(
      try Network(Models.tutorial(), inputShape: images.imageShape), inputs: images.inputs(),
      targets: try images.hardTargets, loss: CrossEntropy(labelSmoothing: fixture.smoothing),
      configuration: configuration, seed: fixture.seed, logEvery: fixture.steps,
      team: ThreadTeam(threadCount: 2))
    var losses: [Double] = []
    while let event = run.next() {
      if case .loss(_, _, let mean) = event { losses.append(mean) }
    }
    #expect(losses.count == 4)
    for (found, expected) in zip(losses, fixture.losses) { #expect(abs(found - expected) < 1e-3) }
  }
}
