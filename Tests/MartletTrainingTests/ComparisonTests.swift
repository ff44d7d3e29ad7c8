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
      let start = try Parameters(of: arm.experiment.model, inputShape: [3, 32, 32], seed: 1)
      #expect(stopped.parameters.values.count == start.values.count && stopped.parameters != start)
    }
  }
}
