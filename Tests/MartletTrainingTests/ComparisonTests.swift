import Synchronization
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("Comparison")
struct ComparisonTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  private func comparison(seeds: [UInt64] = [1, 2], hidden: Int = 8) -> Comparison {
    var configuration = TrainingConfiguration()
    configuration.epochs = 2
    let experiment = Experiment(
      training: Self.training, test: Self.test, network: .mlp(hidden: [hidden]), configuration: configuration,
      labels: LabelSettings(soft: .trainedTeacher()))
    return Comparison(
      arms: [.init("hard", experiment, .hard), .init("smooth", experiment, .smooth), .init("soft", experiment, .soft)],
      seeds: seeds)
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
      starts.withLock { $0.append("\(isTeacher ? "teacher of " : "")\(trial.arm)-\(trial.seed)") }
    }
    var sorted: [String] { starts.withLock { $0.sorted() } }
  }

  @Test("gives the same bits side by side and one by one, with any number of threads, and trains no teacher twice")
  func sameBits() throws {
    let log = Log()
    let expected = try comparison().run(workers: 1, threads: 1, keepsCurves: true) { log.add($1) }.map(Numbers.init)
    // The hard arm is the teacher.
    #expect(log.sorted == ["hard-1", "hard-2", "smooth-1", "smooth-2", "soft-1", "soft-2"])
    #expect(
      expected.map { "\($0.trial.arm)-\($0.trial.seed)" } == [
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
    let results = try comparison(seeds: [1]).run(keepsCurves: true) { _, _ in }
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
    let expected = try comparison().run { _, _ in }.map(Numbers.init)
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
    let arm = comparison().arms[0]
    let steps = Atomic(0)
    do {
      _ = try arm.experiment.run(Trial(labels: .hard, seed: 1), shouldStop: { steps.load(ordering: .relaxed) >= 20 }) {
        if case .training(.progress) = $0 { steps.add(1, ordering: .relaxed) }
      }
      Issue.record("It did not stop.")
    } catch let stopped as TrainingStopped {
      #expect(abs(stopped.epochs - 20.0 / 15) < 1e-9 && !stopped.isTeacher)
      let start = try Parameters(of: Network(arm.experiment.model, inputShape: [3, 32, 32]), seed: 1)
      #expect(stopped.parameters.values.count == start.values.count && stopped.parameters != start)
    }
  }

  @Test("curves go over all rounds, at evenly spaced steps")
  func curvesOverRounds() throws {
    for keepsWeights in [true, false] {
      var labels = LabelSettings(soft: .trainedTeacher())
      labels.labelled = .first(20)
      labels.pseudoLabelling.rounds = 4
      labels.pseudoLabelling.keepsWeights = keepsWeights
      var configuration = TrainingConfiguration()
      configuration.epochs = 1
      let experiment = Experiment(
        training: Self.training, test: Self.test, network: .mlp(hidden: [8]), configuration: configuration,
        labels: labels)
      let comparison = Comparison(arms: [.init("soft", experiment, .soft)], seeds: [1])
      let curve = try #require(comparison.run(keepsCurves: true) { _, _ in }.first).curve
      #expect(curve.map(\.step) == [0, 10, 20, 30, 40, 50, 60] && curve.last?.epoch == 4)
      #expect(curve.dropFirst().allSatisfy { $0.trainingLoss.isFinite })
    }
  }

  @Test("batches in which all images are ignored leave no gap in a curve")
  func ignoredBatches() throws {
    var labels = LabelSettings()
    labels.ignoreIndex = 3
    var configuration = TrainingConfiguration()
    (configuration.epochs, configuration.batchSize) = (1, 1)
    let experiment = Experiment(
      training: Self.training, test: Self.test, network: .mlp(hidden: [8]), configuration: configuration, labels: labels
    )
    let result = try experiment.run(Trial(labels: .hard, seed: 1), curvePoints: 6) { _ in }
    #expect(result.curve.count == 7 && result.curve.dropFirst().allSatisfy { $0.trainingLoss.isFinite })
  }

  @Test("teachers that differ in anything are not one", arguments: [1, 2])
  func teacherKeys(workers: Int) throws {
    func experiment(
      loss: any Loss = CrossEntropy(), training: Dataset = ComparisonTests.training, epochs: Int? = nil,
      rate: Float = 0.001,
      labelled: LabelledSubset = .first(30), ignoreIndex: Int? = nil, folds: Int = 1
    ) -> Experiment {
      var labels = LabelSettings(soft: .trainedTeacher(folds: folds))
      (labels.teacherEpochs, labels.labelled, labels.ignoreIndex) = (epochs, labelled, nil)
      var configuration = TrainingConfiguration()
      configuration.epochs = 1
      configuration.optimizer = SGD(learningRate: rate, momentum: 0.9)
      return Experiment(
        training: training, test: Self.test, network: .mlp(hidden: [8]), configuration: configuration, loss: loss,
        labels: labels)
    }
    let inverted = Dataset(
      name: Self.training.name, split: "train", imageShape: Self.training.imageShape,
      classNames: Self.training.classNames, pixels: Self.training.pixels.map { 255 - $0 }, labels: Self.training.labels)
    let noisy = Self.training.with(.symmetric(rate: 0.5), seed: 1)
    let experiments = [
      experiment(), experiment(loss: FocalLoss(gamma: 1)), experiment(loss: FocalLoss(gamma: 2)),
      experiment(training: inverted), experiment(training: noisy), experiment(epochs: 2), experiment(rate: 0.01),
      experiment(labelled: .random(30)), experiment(folds: 2), experiment(folds: 3),
    ]
    let arms = experiments.enumerated().map { Comparison.Arm("\($0)", $1, .soft) }
    let together = try Comparison(arms: arms + [.init("again", experiments[0], .soft)], seeds: [1])
      .run(workers: workers) { _, _ in }
    for (index, experiment) in experiments.enumerated() {
      // The same without anybody to share a teacher with.
      let alone = try experiment.run(Trial("\(index)", labels: .soft, seed: 1)) { _ in }
      #expect(together[index].logits == alone.logits, "\(index)")
    }
    #expect(Set(together.map(\.logits)).count == experiments.count)
    let log = Log()
    _ = try Comparison(
      arms: [.init("a", experiments[0], .soft), .init("b", experiments[0], .soft)], seeds: [1]
    ).run(workers: 2) { log.add($1) }
    #expect(log.sorted.count { $0.hasPrefix("teacher") } == 1)
  }

  @Test("an error inside a teacher ends all that wait for it")
  func errorInTeacher() throws {
    struct Full: Error {}
    var labels = LabelSettings(soft: .trainedTeacher())
    labels.teacherEpochs = 3
    let experiment = Experiment(
      training: Self.training, test: Self.test, network: .mlp(hidden: [8]), labels: labels)
    let comparison = Comparison(
      arms: [.init("a", experiment, .soft), .init("b", experiment, .soft)], seeds: [1, 2])
    #expect(throws: Full.self) {
      try comparison.run(workers: 2) { _, event in if case .training(.epochEnd) = event { throw Full() } }
    }
  }
}
