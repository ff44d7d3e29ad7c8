import MartletTraining

/// The trials of one arm.
public struct ArmResults: Sendable {
  /// What the arm is called.
  public let name: String
  /// Its trials.
  public let trials: [MeasuredTrial]

  /// An arm with its trials.
  public init(name: String, trials: [MeasuredTrial]) {
    self.name = name
    self.trials = trials
  }

  /// Its seeds.
  public var seeds: [UInt64] { trials.map(\.result.trial.seed) }

  /// The trial under `seed`.
  public func trial(seed: UInt64) -> MeasuredTrial? { trials.first { $0.result.trial.seed == seed } }

  /// Mean and spread of a measure; nil where it is not known for all trials.
  public func summary(of measure: Measure) -> Summary? {
    let values = trials.compactMap(measure.value)
    return values.count == trials.count && !values.isEmpty ? Summary(values) : nil
  }

  /// How this arm differs from `reference`, over the seeds that both have; nil if there are none.
  public func difference(from reference: ArmResults, in measure: Measure) -> PairedDifference? {
    let pairs = seeds.compactMap { seed -> (Double, Double)? in
      guard let own = trial(seed: seed).flatMap(measure.value),
        let other = reference.trial(seed: seed).flatMap(measure.value)
      else { return nil }
      return (own, other)
    }
    return pairs.isEmpty ? nil : PairedDifference(of: pairs.map(\.0), from: pairs.map(\.1))
  }

  /// McNemar's test against `reference` under the first seed that both have.
  public func mcNemarTest(against reference: ArmResults) -> (seed: UInt64, test: McNemarTest)? {
    for trial in trials {
      let seed = trial.result.trial.seed
      if let other = reference.trial(seed: seed) { return (seed, McNemarTest(trial.evaluation, other.evaluation)) }
    }
    return nil
  }

  /// Results by arm, in the order in which arms first appear.
  static func group(_ results: [TrialResult]) -> [ArmResults] {
    var names: [String] = []
    for result in results where !names.contains(result.trial.recipe) { names.append(result.trial.recipe) }
    return names.map { name in
      ArmResults(name: name, trials: results.filter { $0.trial.recipe == name }.map { MeasuredTrial($0) })
    }
  }
}
