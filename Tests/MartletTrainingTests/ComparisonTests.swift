import Synchronization
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("Comparison")
struct ComparisonTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  private func comparison(
    _ recipes: [Recipe]? = nil, seeds: [UInt64] = [1, 2], training: Dataset = training
  ) throws -> Comparison {
    let hard = try Recipe.example("hard", hidden: [8], epochs: 2)
    let arms = [hard, hard.with("smooth", .smoothed(by: 0.1)), hard.with("soft", .trainedTeacher(hard))]
    return Comparison(recipes ?? arms, training: training, test: Self.test, seeds: seeds)
  }

  /// What must not depend on how a comparison was run.
  private struct Numbers: Hashable {
    let trial: Trial
    let logits: [Float]
    let loss: Double
    let curve: [Double]

    init(_ result: TrialResult) {
      trial = result.trial
      logits = result.logits
      loss = result.trainingLoss
      curve = result.curve.flatMap { [$0.epoch, Double($0.step), $0.testLoss, $0.testAccuracy] }
    }
  }

  private final class Log: Sendable {
    private let starts = Mutex<[String]>([])
    func add(_ event: TrialEvent) {
      guard case .start(let trial, let isTeacher, _) = event else { return }
      starts.withLock { $0.append("\(isTeacher ? "teacher of " : "")\(trial.recipe)-\(trial.seed)") }
    }
    var sorted: [String] { starts.withLock { $0.sorted() } }
  }

  @Test("is bit-identical side by side and one by one, with any number of threads, and trains no teacher twice")
  func sameBits() throws {
    let log = Log()
    let expected = try comparison().run(workers: 1, threads: 1, keepsCurves: true) { log.add($1) }.map(Numbers.init)
    // The hard arm is the teacher.
    #expect(log.sorted == ["hard-1", "hard-2", "smooth-1", "smooth-2", "soft-1", "soft-2"])
    #expect(
      expected.map { "\($0.trial.recipe)-\($0.trial.seed)" } == [
        "hard-1", "smooth-1", "soft-1", "hard-2", "smooth-2", "soft-2",
      ])
    for (workers, threads) in [(1, 3), (2, 1), (4, 2), (6, 1)] {
      let results = try comparison().run(workers: workers, threads: threads, keepsCurves: true) { _, _ in }
      #expect(results.map(Numbers.init) == expected)
    }
    // Curves do not change what is learnt.
    let plain = try comparison().run { _, _ in }
    #expect(plain.map(\.logits) == expected.map(\.logits) && plain.allSatisfy(\.curve.isEmpty))
  }

  @Test("curves start before the first step and end with the last one")
  func curves() throws {
    let results = try comparison(seeds: [1]).run(keepsCurves: true)
    for result in results {
      #expect(result.curve.count == 7 && result.curve[0].epoch == 0 && result.curve[0].trainingLoss.isNaN)
      let last = try #require(result.curve.last)
      #expect(last.epoch == 2 && last.step == 30 && last.images == 120 && last.trainingLoss.isFinite)
      #expect(last.testLoss == result.evaluation.loss && last.testAccuracy == result.evaluation.accuracy)
      #expect(zip(result.curve, result.curve.dropFirst()).allSatisfy { $0.step < $1.step && $0.seconds <= $1.seconds })
    }
  }

  @Test("that was stopped goes on, and gives what one without a stop gives")
  func goesOn() throws {
    let expected = try comparison().run().map(Numbers.init)
    for workers in [1, 2] {
      let finished = Atomic(0)
      let first = try comparison().run(workers: workers, shouldStop: { finished.load(ordering: .relaxed) >= 2 }) {
        if case .result = $1 { finished.add(1, ordering: .relaxed) }
      }
      #expect(first.count >= 2 && first.count < 6)
      let log = Log()
      let all = try comparison().run(done: first, workers: workers) { log.add($1) }
      #expect(all.map(Numbers.init) == expected)
      #expect(log.sorted.count { !$0.hasPrefix("teacher") } == 6 - first.count)
    }
  }

  @Test("ends with the first error that an observer throws")
  func errors() throws {
    struct Full: Error {}
    for workers in [1, 2] {
      #expect(throws: Full.self) {
        try comparison().run(workers: workers) { trial, event in
          if case .result = event, trial.seed == 1 { throw Full() }
        }
      }
    }
  }

  @Test("a trial that should stop says how far it had come, with its weights")
  func stopped() throws {
    let recipe = try comparison().recipes[0]
    let steps = Atomic(0)
    do {
      _ = try recipe.run(
        seed: 1, training: Self.training, test: Self.test, shouldStop: { steps.load(ordering: .relaxed) >= 20 }
      ) {
        if case .training(.progress) = $0 { steps.add(1, ordering: .relaxed) }
      }
      Issue.record("It did not stop.")
    } catch let stopped as TrainingStopped {
      #expect(abs(stopped.epochs - 20.0 / 15) < 1e-9 && !stopped.isTeacher)
      let start = Parameters(of: recipe.network, seed: 1)
      #expect(stopped.parameters.values.count == start.values.count && stopped.parameters != start)
    }
  }

  @Test("curves go over all rounds, at evenly spaced steps")
  func curvesOverRounds() throws {
    for keepsWeights in [true, false] {
      var teacher = try Recipe.example(hidden: [8])
      teacher.labels.labelled = .first(20)
      var recipe = teacher.with("soft", .trainedTeacher(teacher))
      recipe.labels.pseudoLabelling.rounds = 4
      recipe.labels.pseudoLabelling.keepsWeights = keepsWeights
      let curve = try #require(comparison([recipe], seeds: [1]).run(keepsCurves: true).first).curve
      #expect(curve.map(\.step) == [0, 10, 20, 30, 40, 50, 60] && curve.last?.epoch == 4)
      #expect(curve.dropFirst().allSatisfy { $0.trainingLoss.isFinite })
    }
  }

  @Test("batches in which all images are ignored leave no gap in a curve")
  func ignoredBatches() throws {
    var recipe = try Recipe.example(hidden: [8])
    recipe.labels.ignoreIndex = 3
    recipe.configuration.batchSize = 1
    let result = try recipe.run(seed: 1, training: Self.training, test: Self.test, curvePoints: 6)
    #expect(result.curve.count == 7 && result.curve.dropFirst().allSatisfy { $0.trainingLoss.isFinite })
  }

  @Test("teachers that differ in anything are not one", arguments: [1, 2])
  func teacherKeys(workers: Int) throws {
    let base = try Recipe.example(hidden: [8])
    func recipe(folds: Int = 1, _ change: (inout Recipe) -> Void = { _ in }) -> Recipe {
      var teacher = base
      teacher.labels.labelled = .first(30)
      change(&teacher)
      var student = base.with("", .trainedTeacher(teacher, folds: folds))
      student.labels.labelled = .first(30)
      return student
    }
    var recipes = [
      recipe(), recipe { $0.loss = FocalLoss(gamma: 1) }, recipe { $0.loss = FocalLoss(gamma: 2) },
      recipe { $0.normalization = PixelNormalization(mean: 0, standardDeviation: 1) },
      recipe { $0.labels.noise = LabelSettings.Noise(.symmetric(rate: 0.5), seed: 1) },
      recipe { $0.configuration.epochs = 2 },
      recipe { $0.configuration.optimizer = SGD(learningRate: 0.01, momentum: 0.9) },
      recipe { $0.labels.labelled = .random(30) }, recipe(folds: 2), recipe(folds: 3),
    ]
    for index in recipes.indices { recipes[index].name = "\(index)" }
    let again = recipes[0].with("again", recipes[0].labels.source)
    let together = try comparison(recipes + [again], seeds: [1]).run(workers: workers) { _, _ in }
    for (index, recipe) in recipes.enumerated() {
      // The same without anybody to share a teacher with.
      let alone = try recipe.run(seed: 1, training: Self.training, test: Self.test)
      #expect(together[index].logits == alone.logits, "\(index)")
    }
    #expect(Set(together.map(\.logits)).count == recipes.count)
    let log = Log()
    _ = try comparison([recipes[0], again], seeds: [1]).run(workers: 2) { log.add($1) }
    #expect(log.sorted.count { $0.hasPrefix("teacher") } == 1)
    // Other images are another comparison, with teachers of its own.
    let inverted = Dataset(
      name: Self.training.name, split: "train", imageShape: Self.training.imageShape,
      classNames: Self.training.classNames, pixels: Self.training.pixels.map { 255 - $0 }, labels: Self.training.labels)
    let other = try comparison([recipes[0]], seeds: [1], training: inverted).run()
    #expect(other[0].logits != together[0].logits)
  }

  @Test("a recipe that is a teacher is trained once, whatever it learns from")
  func softTeacher() throws {
    let soft = try Recipe.example("teacher", .dataset, hidden: [8])
    let student = soft.with("student", .trainedTeacher(soft))
    for workers in [1, 2] {
      let log = Log()
      let results = try comparison([soft, student], seeds: [1]).run(workers: workers) { log.add($1) }
      #expect(workers == 2 || log.sorted == ["student-1", "teacher-1"])
      #expect(try results[1].logits == student.run(seed: 1, training: Self.training, test: Self.test).logits)
    }
  }

  @Test("an error inside a teacher ends all that wait for it")
  func errorInTeacher() throws {
    struct Full: Error {}
    let teacher = try Recipe.example("teacher", hidden: [8], epochs: 3)
    let recipe = try Recipe.example("a", .trainedTeacher(teacher), hidden: [8], epochs: 2)
    let comparison = try comparison([recipe, recipe.with("b", recipe.labels.source)])
    #expect(throws: Full.self) {
      try comparison.run(workers: 2) { _, event in if case .training(.epochEnd) = event { throw Full() } }
    }
  }
}
