import Martlet
import MartletData
import Testing

@testable import MartletTraining

@Suite("Augmented and mixed images in a training run")
struct AugmentationTests {
  private static let images = Shapes.make(.train, count: 60)

  private func weights(
    threads: Int = 1, seed: UInt64 = 1, _ change: (inout TrainingConfiguration) -> Void
  ) throws -> [Float] {
    let network = try Network(Models.tutorial(), inputShape: Self.images.imageShape)
    var configuration = TrainingConfiguration()
    configuration.epochs = 2
    configuration.batchSize = 8
    configuration.optimizer = AdamW(learningRate: 0.002)
    change(&configuration)
    var run = TrainingRun(
      network, inputs: Self.images.inputs(), targets: try Self.images.hardTargets, loss: CrossEntropy(),
      configuration: configuration, seed: seed, team: ThreadTeam(threadCount: threads))
    while run.next() != nil {}
    return run.parameters.values
  }

  @Test("flips, shifts and mixtures are the same for any number of threads, and belong to the seed")
  func threads() throws {
    let change: (inout TrainingConfiguration) -> Void = { configuration in
      configuration.augmentations = [RandomHorizontalFlip(), RandomShift(2)]
      configuration.mixup = Mixup(alpha: 0.4)
      configuration.maximumGradientNorm = 1
      configuration.groups = [.init(.roles([.bias]), weightDecay: 0)]
    }
    let one = try weights(change)
    let three = try weights(threads: 3, change)
    let other = try weights(seed: 2, change)
    #expect(one == three && one != other)
  }

  @Test("each setting changes what is learnt")
  func settings() throws {
    let plain = try weights { _ in }
    let flipped = try weights { $0.augmentations = [RandomHorizontalFlip()] }
    let shifted = try weights { $0.augmentations = [RandomShift(2)] }
    let mixed = try weights { $0.mixup = Mixup(alpha: 0.4) }
    let clipped = try weights { $0.maximumGradientNorm = 0.1 }
    let grouped = try weights { $0.groups = [.init(.named("conv1"), isFrozen: true)] }
    #expect(Set([plain, flipped, shifted, mixed, clipped, grouped]).count == 6)
    let never = try weights { $0.augmentations = [RandomHorizontalFlip(probability: 0), RandomShift(0)] }
    #expect(never == plain)
  }

  @Test("each epoch has views of its own")
  func epochs() throws {
    /// Keeps what was read, by mirroring nothing and looking at the numbers.
    let once = try weights {
      $0.epochs = 1
      $0.augmentations = [RandomShift(2)]
    }
    let twice = try weights {
      $0.epochs = 2
      $0.shuffles = false
      $0.augmentations = [RandomShift(2)]
    }
    #expect(once != twice)
    let random = RandomSource(seed: 1).stream("views")
    let shifts = (1...20).map { epoch in
      random.stream(epoch).stream(7).stream(0).integer(below: 5, at: 0)
    }
    #expect(Set(shifts).count == 5)
  }

  @Test("λ has the mean, the variance and the range of its Beta distribution", arguments: [0.1, 0.4, 1, 2.5, 20])
  func proportions(alpha: Double) {
    let mixup = Mixup(alpha: alpha)
    let source = RandomSource(seed: 5)
    let values = (0..<20_000).map { mixup.proportion(source.stream($0)) }
    #expect(values.allSatisfy { (0...1).contains($0) })
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    // Beta(α, α): mean 1/2, variance 1 / (4 (2α + 1)); four standard errors of each.
    let expected = 1 / (4 * (2 * alpha + 1))
    #expect(abs(mean - 0.5) < 4 * (expected / 20_000).squareRoot())
    #expect(abs(variance - expected) < 4 * expected * (2.0 / 20_000).squareRoot())
  }

  @Test("each row of a step has a partner of the same step, and all share one proportion")
  func partners() {
    let rows = (10..<18).map { BatchRow(example: $0, view: 1, weight: 0.5) }
    let mixed = Mixup(alpha: 1).mixed(rows, random: RandomSource(seed: 3))
    #expect(mixed.map(\.example) == Array(10..<18) && mixed.allSatisfy { $0.weight == 0.5 && $0.view == 1 })
    #expect(Set(mixed.compactMap { $0.partner?.example }) == Set(10..<18))
    #expect(Set(mixed.compactMap { $0.partner?.share }).count == 1)
  }

  @Test("a last step with too few images for batch normalisation is refused before training starts")
  func lastStep() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = try Network(
        Sequential {
          Flatten()
          Linear(3072, 10)
          BatchNorm1d(10)
        }, inputShape: [3, 32, 32])
      let images = Shapes.make(.train, count: 9)
      var configuration = TrainingConfiguration()
      configuration.batchSize = 4
      _ = TrainingRun(
        network, inputs: images.inputs(), targets: try images.hardTargets, loss: CrossEntropy(),
        configuration: configuration)
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(
      text.contains("The last step of an epoch would have 1 image, but this network's batch normalisation needs 2"))
  }

  @Test("recipes that differ in augmentation, mixing, groups or clipping share no teacher")
  func sharing() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let plain = Recipe("plain", network: network)
    func changed(_ change: (inout TrainingConfiguration) -> Void) -> Recipe {
      var recipe = plain
      change(&recipe.configuration)
      return recipe
    }
    #expect(plain.isSameTraining(as: changed { _ in }))
    for recipe in [
      changed { $0.mixup = Mixup(alpha: 1) }, changed { $0.augmentations = [RandomShift(1)] },
      changed { $0.maximumGradientNorm = 1 }, changed { $0.groups = [.init(.all, weightDecay: 0)] },
      changed { $0.optimizer = AdamW() },
    ] {
      #expect(!plain.isSameTraining(as: recipe))
      #expect(recipe.isSameTraining(as: recipe))
    }
  }
}
