public import Martlet
public import MartletData
import Requirements

extension Recipe {
  /// Trains and measures this recipe under one seed, and says nothing until it is over.
  ///
  /// - Parameters:
  ///   - seed: the seed of initial weights, batch order, and of which images keep their labels.
  ///   - training: the images to train on.
  ///   - test: the images to measure on.
  ///   - curvePoints: how often a training is tested for the learning curve; 0 for no curve.
  /// - Throws: ``TeacherError``, if a teacher diverged.
  public func run(seed: UInt64, training: Dataset, test: Dataset, curvePoints: Int = 0) throws -> TrialResult {
    try run(seed: seed, training: training, test: test, curvePoints: curvePoints) { _ in }
  }

  /// Trains and measures this recipe under one seed.
  ///
  /// - Parameters:
  ///   - seed: the seed of initial weights, batch order, and of which images keep their labels.
  ///   - training: the images to train on.
  ///   - test: the images to measure on.
  ///   - team: the threads that share the work.
  ///   - curvePoints: how often a training is tested for the learning curve, evenly, after a first time at its start; 0 for no curve.
  ///   - logEvery: the steps from one report of the running loss to the next.
  ///   - shouldStop: called some hundred times an epoch; once it returns true, training ends after the step.
  ///   - observe: is told what happens, as it happens. What it throws ends the trial.
  /// - Throws: ``TrainingStopped`` with the weights as they are, if it should stop; ``TeacherError``, if a teacher diverged.
  public func run(
    seed: UInt64, training: Dataset, test: Dataset, team: ThreadTeam = .single, curvePoints: Int = 0,
    logEvery: Int = 2000, shouldStop: @escaping () -> Bool = { false },
    observe: @escaping (TrialEvent) throws -> Void
  ) throws -> TrialResult {
    check(training: training, test: test)
    return try run(
      TrialSession(
        trial: Trial(name, seed: seed), training: training, test: counted(test), team: team, curvePoints: curvePoints,
        logEvery: logEvery, shouldStop: shouldStop, observe: observe))
  }

  func run(_ session: TrialSession) throws -> TrialResult {
    let training = RecipeTraining(self, session)
    let outcome: TrialOutcome
    if let teachers = session.teachers, teachers.isTeacher(self) {
      // This network is a teacher in another trial: whoever needs it meanwhile waits for it.
      outcome = try teachers.renew(TeacherKey(recipe: self, seed: session.trial.seed)) { try training.outcome() }
    } else {
      outcome = try training.outcome()
    }
    let trained = classifier(outcome.training.parameters)
    try session.observe(.trained(session.trial, trained))
    let result = TrialResult(self, trained, outcome: outcome, session: session)
    try session.observe(.result(result))
    return result
  }

  /// The test images that count.
  func counted(_ test: Dataset) -> Dataset { labels.ignoreIndex.map(test.without) ?? test }
}
