import Martlet
import MartletData
import Synchronization
import Testing

@testable import MartletTraining

@Suite("Validation on images that are held out")
struct ValidationTests {
  private static let training = Shapes.make(.train, count: 80)
  private static let test = Shapes.make(.test, count: 20)

  private func heldOut(_ recipe: Recipe, seed: UInt64 = 1) -> ValidationImages? {
    Lessons(recipe, Self.training, seed: seed).validation
  }

  private func recipe(
    _ name: String = "validated", epochs: Int = 3, split: ValidationSplit? = ValidationSplit(share: 0.25),
    _ change: (inout Recipe) -> Void = { _ in }
  ) throws -> Recipe {
    var recipe = try Recipe.example(name, epochs: epochs)
    recipe.configuration.validation = split
    recipe.configuration.optimizer = SGD(learningRate: 0.02, momentum: 0.9)
    change(&recipe)
    return recipe
  }

  private struct Run {
    var result: TrialResult
    var weights: [Float] = []
    var points: [ValidationPoint] = []
    var imageCounts: [Int] = []
  }

  private func run(_ recipe: Recipe, threads: Int = 1) throws -> Run {
    var (weights, points, counts) = ([Float](), [ValidationPoint](), [Int]())
    let result = try recipe.run(
      seed: 1, training: Self.training, test: Self.test, team: ThreadTeam(threadCount: threads)
    ) { event in
      switch event {
      case .trained(_, let trained): weights = trained.parameters.values
      case .training(.validation(let point, _)): points.append(point)
      case .start(_, _, let count): counts.append(count)
      default: break
      }
    }
    return Run(result: result, weights: weights, points: points, imageCounts: counts)
  }

  @Test("each class gives its share of images, as far as numbers allow", arguments: [0.01, 0.1, 0.2, 0.5, 0.95])
  func shares(share: Double) {
    // 100, 40, 7 and 3 images of four classes, of all but every fifth.
    let labels = [(0, 100), (1, 40), (2, 7), (3, 3)].flatMap { Array(repeating: $0, count: $1) }
    let candidates = labels.indices.filter { $0 % 5 != 0 }
    let split = ValidationSplit(share: share)
    let images = split.images(among: candidates, classCount: 4, seed: 3) { labels[$0] }
    #expect(images.examples == images.examples.sorted() && Set(images.examples).isSubset(of: candidates))
    #expect(images.examples.count == max(1, Int((share * Double(candidates.count)).rounded())))
    #expect(images.labels == images.examples.map { labels[$0] } && Set(images.examples).count == images.labels.count)
    for label in 0..<4 {
      let exact = share * Double(candidates.count { labels[$0] == label })
      #expect(abs(Double(images.labels.count { $0 == label }) - exact) < 1)
    }
    let other = split.images(among: candidates, classCount: 4, seed: 4) { labels[$0] }
    let again = split.images(among: candidates, classCount: 4, seed: 3) { labels[$0] }
    #expect(again == images && other != images)
  }

  @Test("of two images one is held out, whatever the share")
  func two() {
    for share in [0.01, 0.99] {
      let images = ValidationSplit(share: share).images(among: [4, 7], classCount: 2, seed: 1) { $0 % 2 }
      #expect(images.examples.count == 1)
    }
  }

  /// Inputs that keep which examples were changed at random.
  private struct Watched: InputSource {
    let base: PixelInputs
    let seen: Seen
    var inputShape: Shape { base.inputShape }
    var count: Int { base.count }

    final class Seen: Sendable {
      let trained = Mutex<Set<Int>>([])
      let plain = Mutex<Set<Int>>([])
    }

    func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>) {
      if view.number == 0 {
        seen.plain.withLock { _ = $0.insert(example) }
      } else {
        seen.trained.withLock { _ = $0.insert(example) }
      }
      base.read(example, as: view, into: &row)
    }
  }

  @Test("images that are held out are not trained on, and are validated on as they are")
  func heldOutImages() throws {
    let seen = Watched.Seen()
    var configuration = TrainingConfiguration()
    configuration.validation = ValidationSplit(share: 0.3)
    configuration.augmentations = [RandomHorizontalFlip()]
    let targets = try Self.training.hardTargets.ignoring([3, 50])
    var run = TrainingRun(
      try Network(Models.tutorial(), inputShape: Self.training.imageShape),
      inputs: Watched(base: Self.training.inputs(), seen: seen), targets: targets, loss: CrossEntropy(),
      configuration: configuration, seed: 3)
    var points: [ValidationPoint] = []
    while let event = run.next() { if case .validation(let point, _) = event { points.append(point) } }
    let (trained, plain) = (seen.trained.withLock { $0 }, seen.plain.withLock { $0 })
    #expect(points.map(\.epoch) == [1, 2] && trained.isDisjoint(with: plain))
    #expect(trained.union(plain) == Set(0..<80) && plain.count == 23 && !plain.contains(3) && !plain.contains(50))
    // With other labels for others alone, the same go on to be held out.
    run.renew(targets: targets, examples: Array(0..<80), unlabelled: nil)
    #expect(run.bestValidation == nil)
    while run.next() != nil {}
    #expect(seen.trained.withLock { $0 } == trained && seen.plain.withLock { $0 } == plain)
  }

  @Test("each epoch's point is the accuracy and loss of its weights, and the best weights are kept")
  func points() throws {
    var recipe = try recipe(epochs: 8)
    recipe.configuration.optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    let held = try #require(heldOut(recipe))
    var run = TrainingRun(
      recipe.network, inputs: Self.training.inputs(), targets: try Self.training.hardTargets, loss: CrossEntropy(),
      configuration: recipe.configuration, seed: 1)
    var found: [(point: ValidationPoint, weights: Parameters)] = []
    while let event = run.next() {
      guard case .validation(let point, let isBest) = event else { continue }
      #expect(isBest == found.allSatisfy { point.isBetter(than: $0.point) })
      found.append((point, run.parameters))
      let logits = Classifier(recipe.network, parameters: run.parameters).logits(for: Self.training)
      let evaluation = Evaluation(
        logits: held.examples.flatMap { logits[$0 * 10..<$0 * 10 + 10] }, labels: held.labels.map { UInt8($0) },
        distributions: nil, classCount: 10)
      #expect(point.accuracy == evaluation.accuracy && point.loss == evaluation.loss)
    }
    #expect(found.map(\.point.epoch) == Array(1...8))
    let best = try #require(found.max { $1.point.isBetter(than: $0.point) })
    #expect(run.bestValidation == best.point && run.bestParameters == best.weights && best.point.epoch < 8)
    // A trial takes these, and tells.
    let trial = try self.run(recipe)
    #expect(trial.weights == best.weights.values && trial.result.validation == best.point)
    #expect(trial.points == found.map(\.point))
    recipe.configuration.validation = ValidationSplit(share: 0.25, keepsBest: false)
    let last = try self.run(recipe)
    #expect(last.weights == found.last?.weights.values && last.result.validation == found.last?.point)
  }

  @Test("training ends after that many epochs without a better one", arguments: [1, 2, 4])
  func patience(patience: Int) throws {
    let long = try run(recipe(epochs: 30) { $0.configuration.optimizer = SGD(learningRate: 0.1, momentum: 0.9) })
    // Where it ends is known from the training that goes on.
    var (best, end) = (long.points[0], 30)
    for point in long.points {
      if point.isBetter(than: best) { best = point }
      if point.epoch - best.epoch >= patience {
        end = point.epoch
        break
      }
    }
    let short = try run(
      recipe(epochs: 30, split: ValidationSplit(share: 0.25, patience: patience)) {
        $0.configuration.optimizer = SGD(learningRate: 0.1, momentum: 0.9)
      })
    #expect(end < 30 && short.points == Array(long.points.prefix(end)) && short.result.validation == best)
    #expect(short.result.cost.images == 60 * end && long.result.cost.images == 1800)
  }

  @Test("of two epochs with one accuracy, the one with the lower loss is better; NaN never is")
  func order() {
    func point(_ accuracy: Double, _ loss: Double) -> ValidationPoint {
      ValidationPoint(epoch: 1, accuracy: accuracy, loss: loss)
    }
    #expect(point(0.5, 9).isBetter(than: point(0.4, 1)) && !point(0.4, 1).isBetter(than: point(0.5, 9)))
    #expect(point(0.5, 1).isBetter(than: point(0.5, 2)) && !point(0.5, 1).isBetter(than: point(0.5, 1)))
    #expect(!point(0.5, .nan).isBetter(than: point(0.5, 2)))
  }

  @Test("all is the same to the bit for any number of threads")
  func threads() throws {
    let (one, three) = (try run(recipe()), try run(recipe(), threads: 3))
    #expect(one.weights == three.weights && one.points == three.points && one.points.count == 3)
  }

  @Test("holding images out is training on the others")
  func others() throws {
    let recipe = try recipe(split: ValidationSplit(share: 0.25, keepsBest: false))
    let held = try #require(heldOut(recipe))
    let validated = try run(recipe)
    var configuration = recipe.configuration
    configuration.validation = nil
    var plain = TrainingRun(
      recipe.network, inputs: Self.training.inputs(), targets: try Self.training.hardTargets,
      examples: (0..<80).filter { !held.examples.contains($0) }, loss: CrossEntropy(), configuration: configuration,
      seed: 1)
    while plain.next() != nil {}
    #expect(validated.weights == plain.parameters.values && validated.imageCounts == [60])
  }

  @Test("labels that are noisy in training are so in validation, and images of an ignored class are not held out")
  func noise() throws {
    let recipe = try recipe { recipe in
      recipe.labels.noise = LabelSettings.Noise(.symmetric(rate: 0.5), seed: 3)
      recipe.labels.ignoreIndex = 4
    }
    let held = try #require(heldOut(recipe))
    let noisy = Self.training.with(.symmetric(rate: 0.5), seed: 3)
    #expect(held.labels == held.examples.map { Int(noisy.labels[$0]) } && !held.labels.contains(4))
    #expect(held.labels != held.examples.map { Int(Self.training.labels[$0]) })
    let result = try run(recipe)
    #expect(result.points.count == 3)
  }

  @Test("with few labels, some of these are held out, and have no soft label either")
  func softLabels() throws {
    func run(_ kept: LabelledSubset, changing changed: (ValidationImages) -> [Int]) throws -> Run {
      var recipe = try recipe("soft", epochs: 2) { $0.labels.labelled = kept }
      let held = try #require(heldOut(recipe))
      #expect(held.examples.count == (kept.count ?? 80) / 4)
      if kept != .all { #expect(Set(held.examples).isSubset(of: 0..<40)) }
      var rows = (0..<800).map { Float($0 % 10 == $0 / 10 % 10 ? 0.91 : 0.01) }
      for image in changed(held) {
        for column in 0..<10 { rows[image * 10 + column] = column == 9 - image % 10 ? 0.82 : 0.02 }
      }
      recipe.labels.source = .rows(rows)
      return try self.run(recipe)
    }
    for kept in [LabelledSubset.first(40), .all] {
      let plain = try run(kept) { _ in [] }
      let others = try run(kept) { $0.examples }
      #expect(plain.weights == others.weights && plain.points == others.points)
      #expect(plain.imageCounts == [kept == .all ? 60 : 70])
      let trainedOn = try run(kept) { held in (40..<80).filter { !held.examples.contains($0) } }
      #expect(trainedOn.weights != plain.weights)
    }
  }

  @Test("a teacher with the same split has not seen the images either, with folds or without", arguments: [1, 3])
  func teachers(folds: Int) throws {
    let teacher = try recipe("teacher", epochs: 1)
    let student = try recipe("student", epochs: 2) { $0.labels.source = .trainedTeacher(teacher, folds: folds) }
    #expect(heldOut(teacher) == heldOut(student))
    let result = try run(student)
    #expect(result.points.map(\.epoch) == Array(repeating: 1, count: folds) + [1, 2])
    #expect(result.imageCounts.last == 60 && result.imageCounts.dropLast().reduce(0, +) == (folds == 1 ? 60 : 120))
  }

  @Test("rounds look for their best epoch anew, whether they keep the weights or not", arguments: [true, false])
  func rounds(keepsWeights: Bool) throws {
    let recipe = try recipe("rounds", epochs: 2) { recipe in
      recipe.labels.source = .dataset
      recipe.labels.pseudoLabelling.rounds = 3
      recipe.labels.pseudoLabelling.keepsWeights = keepsWeights
    }
    let result = try run(recipe)
    #expect(result.points.map(\.epoch) == [1, 2, 1, 2, 1, 2])
    let last = result.points.suffix(2)
    #expect(result.result.validation == last.max { $1.isBetter(than: $0) })
  }

  @Test("recipes that differ in validation share no teacher")
  func sharing() throws {
    let (first, second) = (try recipe(), try recipe(split: ValidationSplit(share: 0.25, patience: 3)))
    #expect(first.isSameTraining(as: first) && !first.isSameTraining(as: second))
    #expect(try !recipe(split: nil).isSameTraining(as: first))
  }

  @Test("a share of nothing or of everything, no patience, and too few labels are refused in a sentence")
  func mistakes() async throws {
    let share = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ValidationSplit(share: 1)
    }
    let patience = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ValidationSplit(share: 0.5, patience: 0)
    }
    let labels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var recipe = try Recipe.example()
      recipe.labels.labelled = .first(1)
      recipe.configuration.validation = ValidationSplit(share: 0.5)
      _ = try recipe.run(seed: 1, training: Shapes.make(.train, count: 8), test: Shapes.make(.test, count: 8))
    }
    func text(_ result: ExitTest.Result?) throws -> String {
      String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    }
    #expect(
      try text(share).contains("The share of images to validate on must be above 0 and below 1, not 1.0."))
    #expect(try text(patience).contains("Patience lasts for an epoch or more, not 0."))
    #expect(try text(labels).contains("'example' needs two labelled images or more"))
  }
}
