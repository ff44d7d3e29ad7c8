import Requirements

/// γ once more after each stretch of training: γ^⌊t / n⌋ with t steps behind and n steps a stretch.
///
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html>
///
/// ```swift
/// let schedule = StepLR(every: .epochs(30))
/// let later = TrainingPosition(step: 650, stepsPerEpoch: 10, stepCount: 900)
/// print(schedule.factor(at: later) == 0.1 * 0.1)  // true
/// ```
public struct StepLR: LearningRateSchedule {
  /// How long a factor stays.
  public let length: TrainingLength
  /// γ.
  public let gamma: Double

  /// A factor of `gamma`, 0 or more, after each stretch; stretches have one step at least.
  public init(every length: TrainingLength, gamma: Double = 0.1) {
    length.check()
    require(gamma >= 0, "γ must be 0 or more, not \(gamma).")
    self.length = length
    self.gamma = gamma
  }

  /// γ^⌊t / n⌋.
  public func factor(at position: TrainingPosition) -> Double {
    gamma.raised(to: Double(position.step / max(1, length.steps(in: position))))
  }
}
