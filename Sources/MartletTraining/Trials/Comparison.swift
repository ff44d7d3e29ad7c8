import Dispatch
import Martlet
public import MartletData
import Requirements
import Synchronization

/// Several recipes on the same images under the same seeds, so that each seed gives a pair of results for any two recipes.
///
/// Where there are processors for it, trials run side by side, each on a thread of its own: that is faster than sharing out the
/// work of small steps. Every number is the same either way.
///
/// Any ``Model`` can be compared:
///
/// ```swift
/// struct Wide: Model {
///   func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
///     let hidden = try Linear(3072, 16).named("wide").record(Flatten().record(input, in: &graph), in: &graph)
///     return try Linear(16, 10).named("output").record(ReLU().record(hidden, in: &graph), in: &graph)
///   }
/// }
/// let shape: Shape = [3, 32, 32]
/// let comparison = Comparison(
///   [
///     Recipe("deep", network: try Network(Models.mlp(hidden: [8, 8], inputShape: shape), inputShape: shape)),
///     Recipe("wide", network: try Network(Wide(), inputShape: shape)),
///   ], training: Shapes.make(.train, count: 40), test: Shapes.make(.test, count: 20), seeds: [1, 2])
/// let results = try comparison.run()
/// print(results.map(\.trial.recipe))  // ["deep", "wide", "deep", "wide"]
/// ```
public struct Comparison: Sendable {
  /// What is compared; the others are compared with the first.
  public let recipes: [Recipe]
  /// The images to train on, the same for all recipes.
  public let training: Dataset
  /// The test images that count, the same for all recipes.
  public let test: Dataset
  /// The seeds, the same for all recipes.
  public let seeds: [UInt64]

  /// A comparison of recipes with different names.
  ///
  /// - Parameters:
  ///   - recipes: what is compared; they ignore the same class, if they ignore one.
  ///   - training: the images to train on.
  ///   - test: the images to measure on.
  ///   - seeds: the seeds of each recipe's trials.
  public init(_ recipes: [Recipe], training: Dataset, test: Dataset, seeds: [UInt64]) {
    require(!recipes.isEmpty && !seeds.isEmpty, "A comparison needs a recipe and a seed.")
    require(Set(recipes.map(\.name)).count == recipes.count, "Each recipe of a comparison needs a name of its own.")
    require(Set(seeds).count == seeds.count, "Each seed of a comparison must be there once.")
    require(
      recipes.allSatisfy { $0.labels.ignoreIndex == recipes[0].labels.ignoreIndex },
      "All recipes of a comparison must be tested on the same images, so they must ignore the same class.")
    for recipe in recipes { recipe.check(training: training, test: test) }
    self.recipes = recipes
    self.training = training
    self.test = recipes[0].counted(test)
    self.seeds = seeds
  }

  /// All trials, seed by seed.
  public var trials: [Trial] { pairs.map(\.trial) }

  private var pairs: [(recipe: Recipe, trial: Trial)] {
    seeds.flatMap { seed in recipes.map { ($0, Trial($0.name, seed: seed)) } }
  }

  /// Runs all trials, and says nothing until they are over.
  ///
  /// - Parameter keepsCurves: whether networks are tested in between, for their learning curves.
  /// - Returns: the results in the order of ``trials``.
  public func run(keepsCurves: Bool = false) throws -> [TrialResult] { try run(keepsCurves: keepsCurves) { _, _ in } }

  /// Runs all trials but those that are done already.
  ///
  /// - Parameters:
  ///   - done: results that are there already; their trials are not run again.
  ///   - workers: the most trials side by side; nil for one a processor.
  ///   - threads: the threads of a trial that runs alone; nil for as many as are useful.
  ///   - keepsCurves: whether networks are tested in between, for their learning curves: once an epoch, but at least 6 times, and at most
  ///     30 times.
  ///   - logEvery: the steps from one report of the running loss to the next.
  ///   - shouldStop: called now and then; once it returns true, the trials under way are given up after their steps.
  ///   - observe: is told what happens, by one trial at a time. What it throws ends the comparison.
  /// - Returns: the results in the order of ``trials``; fewer of them if it was stopped.
  public func run(
    done: [TrialResult] = [], workers: Int? = nil, threads: Int? = nil, keepsCurves: Bool = false,
    logEvery: Int = 2000, shouldStop: @escaping @Sendable () -> Bool = { false },
    observe: @escaping @Sendable (Trial, TrialEvent) throws -> Void
  ) throws -> [TrialResult] {
    let isOpen = { (trial: Trial) in !done.contains { $0.trial == trial } }
    // Soft labels may need a teacher that another trial trains anyway, so they come last.
    let open = [false, true].flatMap { isSoft in
      pairs.filter { $0.recipe.labels.source.isSoft == isSoft && isOpen($0.trial) }
    }
    let progress = Mutex(ComparisonProgress(results: done))
    let teachers = TeacherCache(for: recipes)

    /// Runs one trial; false if there is no point in going on.
    @Sendable func run(_ recipe: Recipe, _ trial: Trial, _ team: ThreadTeam) -> Bool {
      let isWanted: @Sendable () -> Bool = { !shouldStop() && progress.withLock { $0.error == nil } }
      guard isWanted() else { return false }
      do {
        let result = try recipe.run(
          TrialSession(
            trial: trial, training: training, test: test, team: team, teachers: teachers,
            curvePoints: keepsCurves ? recipe.usefulCurvePoints : 0, logEvery: logEvery, shouldStop: { !isWanted() },
            // One at a time, whoever it comes from.
            observe: { event in try progress.withLock { _ in try observe(trial, event) } }))
        let isSeedDone = progress.withLock { progress in
          progress.results.append(result)
          return progress.results.count { $0.trial.seed == trial.seed } == recipes.count
        }
        if isSeedDone { teachers.forget(seed: trial.seed) }
        return true
      } catch {
        progress.withLock { if !(error is TrainingStopped) && $0.error == nil { $0.error = error } }
        return false
      }
    }

    let workerCount = min(workers ?? ThreadTeam.processorCount, open.count)
    // If one is left over at the end, it runs alone, with all threads.
    let isOneLeft = workerCount > 1 && open.count % workerCount == 1
    let sideBySide = workerCount > 1 ? open.count - (isOneLeft ? 1 : 0) : 0
    if sideBySide > 0 {
      let next = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: workerCount) { _ in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < sideBySide, run(open[index].recipe, open[index].trial, .single) else { return }
        }
      }
    }
    for (recipe, trial) in open[sideBySide...] {
      let count = threads ?? recipe.usefulThreadCount
      guard run(recipe, trial, count == 1 ? .single : ThreadTeam(threadCount: count)) else { break }
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

extension Recipe {
  /// The points of a training's learning curve: each costs a test, and more than these nobody can tell apart.
  fileprivate var usefulCurvePoints: Int { min(30, max(6, configuration.epochs * labels.rounds)) }
}
