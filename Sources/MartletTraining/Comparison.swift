import Dispatch
import Martlet
import Requirements
import Synchronization

/// Several arms under the same seeds, so that each seed gives a pair of results for any two arms.
///
/// Where there are processors for it, trials run side by side, each on a thread of its own: that is faster than sharing out the
/// work of small steps. Every number is the same either way.
///
/// ```swift
/// let experiment = Experiment(
///   training: Shapes.make(.train, count: 40), test: Shapes.make(.test, count: 20), network: .mlp(hidden: [8]),
///   labels: LabelSettings(soft: .dataset))
/// let comparison = Comparison(
///   arms: [.init("indices", experiment, .hard), .init("distributions", experiment, .soft)], seeds: [1, 2])
/// let results = try comparison.run { _, _ in }
/// print(results.map(\.trial.arm))  // ["indices", "distributions", "indices", "distributions"]
/// ```
public struct Comparison: Sendable {
  /// What is compared.
  public struct Arm: Sendable {
    /// What it is called.
    public let name: String
    /// Network, training and labels.
    public let experiment: Experiment
    /// Which of the experiment's labels.
    public let labels: LabelMode

    /// An arm.
    public init(_ name: String, _ experiment: Experiment, _ labels: LabelMode) {
      self.name = name
      self.experiment = experiment
      self.labels = labels
    }
  }

  /// The arms; the first is what the others are compared with.
  public let arms: [Arm]
  /// The seeds, the same for all arms.
  public let seeds: [UInt64]

  /// A comparison of arms that are tested on images with the same labels, in the same order.
  public init(arms: [Arm], seeds: [UInt64]) {
    require(!arms.isEmpty && !seeds.isEmpty, "A comparison needs an arm and a seed.")
    require(Set(arms.map(\.name)).count == arms.count, "Each arm of a comparison needs a name of its own.")
    require(Set(seeds).count == seeds.count, "Each seed of a comparison must be there once.")
    require(
      arms.allSatisfy { $0.experiment.test.labels == arms[0].experiment.test.labels },
      "All arms of a comparison must be tested on the same images.")
    self.arms = arms
    self.seeds = seeds
  }

  /// All trials, seed by seed.
  public var trials: [Trial] {
    seeds.flatMap { seed in arms.map { Trial($0.name, labels: $0.labels, seed: seed) } }
  }

  /// Runs all trials but those that are done already.
  ///
  /// - Parameters:
  ///   - done: results that are there already; their trials are not run again.
  ///   - workers: the most trials side by side; nil for one a processor.
  ///   - threads: the threads of a trial that has the machine for itself; nil for as many as are useful.
  ///   - keepsCurves: whether networks are tested in between, for their learning curves: once an epoch, but at least 6 times, and at most
  ///     30 times.
  ///   - shouldStop: asked now and then; once it says so, the trials under way are given up after their steps.
  ///   - observe: is told what happens, by one trial at a time. What it throws ends the comparison.
  /// - Returns: the results in the order of ``trials``; fewer of them if it was stopped.
  public func run(
    done: [TrialResult] = [], workers: Int? = nil, threads: Int? = nil, keepsCurves: Bool = false,
    shouldStop: @escaping @Sendable () -> Bool = { false },
    observe: @escaping @Sendable (Trial, TrialEvent) throws -> Void
  ) throws -> [TrialResult] {
    let pairs = seeds.flatMap { seed in arms.map { ($0, Trial($0.name, labels: $0.labels, seed: seed)) } }
    let isOpen = { (trial: Trial) in !done.contains { $0.trial == trial } }
    // Soft labels may need a teacher that a hard arm trains anyway, so they come last.
    let open = [false, true].flatMap { isSoft in pairs.filter { ($0.0.labels == .soft) == isSoft && isOpen($0.1) } }
    let progress = Mutex(ComparisonProgress(results: done))
    let hasTeachers = arms.contains { if case .trainedTeacher = $0.experiment.labels.soft { true } else { false } }
    let teachers = hasTeachers ? TeacherCache() : nil

    /// Runs one trial; false if there is no point in going on.
    @Sendable func run(_ arm: Arm, _ trial: Trial, _ team: ThreadTeam) -> Bool {
      let isWanted: @Sendable () -> Bool = { !shouldStop() && progress.withLock { $0.error == nil } }
      guard isWanted() else { return false }
      do {
        let result = try arm.experiment.run(
          trial, team: team, teachers: teachers, curvePoints: keepsCurves ? arm.experiment.usefulCurvePoints : 0,
          shouldStop: { !isWanted() }
        ) { event in
          // One at a time, whoever it comes from.
          try progress.withLock { _ in try observe(trial, event) }
        }
        let isSeedDone = progress.withLock { progress in
          progress.results.append(result)
          return progress.results.count { $0.trial.seed == trial.seed } == arms.count
        }
        if isSeedDone { teachers?.forget(seed: trial.seed) }
        return true
      } catch {
        progress.withLock { if !(error is TrainingStopped) && $0.error == nil { $0.error = error } }
        return false
      }
    }

    let workerCount = min(workers ?? ThreadTeam.processorCount, open.count)
    // If one is left over at the end, it has the machine for itself, and all threads.
    let isOneLeft = workerCount > 1 && open.count % workerCount == 1
    let sideBySide = workerCount > 1 ? open.count - (isOneLeft ? 1 : 0) : 0
    if sideBySide > 0 {
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: workerCount) { _ in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < sideBySide, run(open[index].0, open[index].1, .single) else { return }
        }
      }
    }
    for (arm, trial) in open[sideBySide...] {
      let count = try threads ?? arm.experiment.usefulThreadCount
      guard run(arm, trial, count == 1 ? .single : ThreadTeam(threadCount: count)) else { break }
    }
    let (results, error) = progress.withLock { ($0.results, $0.error) }
    if let error { throw error }
    return trials.compactMap { trial in results.first { $0.trial == trial } }
  }
}

/// What came out so far.
private struct ComparisonProgress: Sendable {
  var results: [TrialResult]
  var error: (any Error)?

  init(results: [TrialResult]) { self.results = results }
}

extension Experiment {
  /// The points of a training's learning curve: each costs a test, and more than these nobody can tell apart.
  fileprivate var usefulCurvePoints: Int {
    min(30, max(6, configuration.epochs * labels.pseudoLabelling.rounds))
  }
}
