import Requirements

/// γ once more at each milestone.
///
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html>
///
/// ```swift
/// let schedule = MultiStepLR(milestones: [.epochs(30), .epochs(80)], gamma: 0.5)
/// let later = TrainingPosition(step: 850, stepsPerEpoch: 10, stepCount: 900)
/// print(schedule.factor(at: later))  // 0.25
/// ```
public struct MultiStepLR: LearningRateSchedule {
  /// When the factor falls, from the start of the training.
  public let milestones: [TrainingLength]
  /// γ.
  public let gamma: Double

  /// A factor of `gamma`, 0 or more, from each milestone on.
  public init(milestones: [TrainingLength], gamma: Double = 0.1) {
    for milestone in milestones { milestone.check() }
    require(gamma >= 0, "γ must be 0 or more, not \(gamma).")
    self.milestones = milestones
    self.gamma = gamma
  }

  /// γ^m, with m milestones behind.
  public func factor(at position: TrainingPosition) -> Double {
    var passed = 0.0
    for milestone in milestones where position.step >= milestone.steps(in: position) { passed += 1 }
    return gamma.raised(to: passed)
  }
}
