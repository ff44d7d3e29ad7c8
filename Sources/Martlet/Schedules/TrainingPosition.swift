import Requirements

/// How far a training is.
///
/// ```swift
/// let position = TrainingPosition(step: 24, stepsPerEpoch: 48, stepCount: 480)
/// print(position.epoch, position.progress)  // 0.5 0.05
/// ```
public struct TrainingPosition: Sendable, Hashable {
  /// The step that comes next, from 0.
  public let step: Int
  /// The steps of an epoch, at least 1.
  public let stepsPerEpoch: Int
  /// The steps of the whole training, at least 1.
  public let stepCount: Int

  /// A position: before the step `step` of `stepCount`.
  public init(step: Int, stepsPerEpoch: Int, stepCount: Int) {
    require(
      step >= 0 && stepsPerEpoch >= 1 && stepCount >= 1,
      "Step \(step) of \(stepCount), with \(stepsPerEpoch) an epoch, is no position in a training.")
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.stepCount = stepCount
  }

  /// The epochs that are over.
  public var epoch: Double { Double(step) / Double(stepsPerEpoch) }

  /// The share of the training that is over; at most 1.
  public var progress: Double { min(1, Double(step) / Double(stepCount)) }
}
