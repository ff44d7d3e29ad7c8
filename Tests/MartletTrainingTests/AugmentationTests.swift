import Martlet
import MartletData
import Synchronization
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
      configuration.augmentations = [RandomHorizontalFlip(), RandomCrop(padding: 2)]
      configuration.mixup = Mixup(alpha: 0.4)
      configuration.maximumGradientNorm = 1
      configuration.groups = [.init(.roles([.bias]), weightDecay: 0)]
    }
    let both: (inout TrainingConfiguration) -> Void = { configuration in
      change(&configuration)
      configuration.augmentations += [AlternatingHorizontalFlip(), ColorJitter(contrast: 0.3), Cutout(size: 5)]
      configuration.cutmix = CutMix()
    }
    let (alone, together) = (try weights(both), try weights(threads: 3, both))
    #expect(alone == together)
    let one = try weights(change)
    let three = try weights(threads: 3, change)
    let other = try weights(seed: 2, change)
    #expect(one == three && one != other)
  }

  @Test("each setting changes what is learnt")
  func settings() throws {
    let plain = try weights { _ in }
    let flipped = try weights { $0.augmentations = [RandomHorizontalFlip()] }
    let shifted = try weights { $0.augmentations = [RandomCrop(padding: 2)] }
    let mixed = try weights { $0.mixup = Mixup(alpha: 0.4) }
    let cut = try weights { $0.cutmix = CutMix() }
    let either = try weights { configuration in
      configuration.mixup = Mixup(alpha: 0.4)
      configuration.cutmix = CutMix()
    }
    let clipped = try weights { $0.maximumGradientNorm = 0.1 }
    let grouped = try weights { $0.groups = [.init(.named("conv1"), isFrozen: true)] }
    #expect(Set([plain, flipped, shifted, mixed, cut, either, clipped, grouped]).count == 8)
    let never = try weights { $0.augmentations = [RandomHorizontalFlip(probability: 0), RandomCrop(padding: 0)] }
    #expect(never == plain)
  }

  /// Inputs that keep which views they were asked for.
  private struct Watched: InputSource {
    let base: PixelInputs
    let seen: Seen
    var inputShape: Shape { base.inputShape }
    var count: Int { base.count }

    final class Seen: Sendable {
      let views = Mutex<[Int: Set<Int>]>([:])
      let numbers = Mutex<Set<UInt32>>([])
    }

    func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>) {
      seen.views.withLock { _ = $0[example, default: []].insert(view.number) }
      seen.numbers.withLock { _ = $0.insert(view.random.word(at: 0)) }
      base.read(example, as: view, into: &row)
    }
  }

  @Test("each epoch sees each image in a view of its own, also when labels were renewed in between")
  func epochs() throws {
    let seen = Watched.Seen()
    var configuration = TrainingConfiguration()
    configuration.epochs = 3
    configuration.batchSize = 16
    configuration.augmentations = [RandomCrop(padding: 1)]
    let targets = try Self.images.hardTargets
    var run = TrainingRun(
      try Network(Models.tutorial(), inputShape: Self.images.imageShape),
      inputs: Watched(base: Self.images.inputs(), seen: seen), targets: targets, loss: CrossEntropy(),
      configuration: configuration, seed: 3)
    while run.next() != nil {}
    run.renew(targets: targets, examples: Array(0..<60), unlabelled: nil)
    while run.next() != nil {}
    let (views, numbers) = (seen.views.withLock { $0 }, seen.numbers.withLock { $0 })
    #expect(views.count == 60 && views.values.allSatisfy { $0 == Set(1...6) })
    #expect(numbers.count > 350)
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

  @Test("each row of a step has a partner of its own group, all share one proportion, and some are left alone")
  func partners() {
    let rows = (10..<30).map { BatchRow(example: $0, view: 1, weight: 0.5) }
    let groups: [Int?] = rows.indices.map { $0 % 5 == 0 ? nil : $0 % 2 }
    let mixed = Mixup(alpha: 1).mixed(rows, groups: groups, random: RandomSource(seed: 3))
    #expect(mixed.map(\.example) == Array(10..<30) && mixed.allSatisfy { $0.weight == 0.5 && $0.view == 1 })
    for (row, group) in zip(mixed, groups) {
      #expect(row.partner.map { groups[$0.example - 10] == group } ?? (group == nil))
    }
    for group in [0, 1] {
      let members = mixed.indices.filter { groups[$0] == group }
      #expect(Set(members.compactMap { mixed[$0].partner?.example }) == Set(members.map { mixed[$0].example }))
    }
    #expect(mixed.count { $0.partner != nil && $0.partner?.example != $0.example } > 10)
    #expect(Set(mixed.compactMap { $0.partner?.share }).count == 1)
  }

  @Test("images below the threshold contribute nothing, mixed or not")
  func belowThreshold() throws {
    let network = try Network(Models.tutorial(), inputShape: Self.images.imageShape)
    func weights(_ rows: [Float]) throws -> [Float] {
      var recipe = Recipe("soft", network: network)
      recipe.configuration.epochs = 1
      recipe.configuration.batchSize = 8
      recipe.configuration.optimizer = SGD(learningRate: 0.02, momentum: 0.9)
      recipe.configuration.mixup = Mixup(alpha: 1)
      recipe.labels.source = .rows(rows)
      recipe.labels.labelled = .first(20)
      recipe.labels.pseudoLabelling.threshold = 0.9
      var weights: [Float] = []
      _ = try recipe.run(seed: 1, training: Self.images, test: Self.images) { event in
        if case .trained(_, let classifier) = event { weights = classifier.parameters.values }
      }
      return weights
    }
    let one = try weights((0..<60).flatMap { image in (0..<10).map { $0 == image % 10 ? 0.55 : 0.05 } })
    let other = try weights((0..<60).flatMap { image in (0..<10).map { $0 == image % 3 ? 0.55 : 0.05 } })
    #expect(one == other && !one.isEmpty)
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
      changed { $0.mixup = Mixup(alpha: 1) }, changed { $0.cutmix = CutMix(alpha: 1) },
      changed { $0.augmentations = [RandomCrop(padding: 1)] },
      changed { $0.maximumGradientNorm = 1 }, changed { $0.groups = [.init(.all, weightDecay: 0)] },
      changed { $0.optimizer = AdamW() },
    ] {
      #expect(!plain.isSameTraining(as: recipe))
      #expect(recipe.isSameTraining(as: recipe))
    }
  }
}
