import Requirements

/// A factor that falls with every step, by γ over each stretch of training: γ^(t / n) with t steps behind and n steps a stretch.
///
/// With stretches of one step it is PyTorch's. For a factor that stays the same within an epoch, take ``StepLR`` of one epoch.
///
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html>
///
/// ```swift
/// let schedule = ExponentialLR(gamma: 0.25, every: .epochs(1))
/// let half = TrainingPosition(step: 5, stepsPerEpoch: 10, stepCount: 100)
/// print(schedule.factor(at: half))  // 0.5
/// ```
public struct ExponentialLR: LearningRateSchedule {
  /// γ.
  public let gamma: Double
  /// How long it takes to fall by γ.
  public let length: TrainingLength

  /// A factor that falls by `gamma`, above 0, over each stretch; stretches have one step at least.
  public init(gamma: Double, every length: TrainingLength = .steps(1)) {
    length.check()
    require(gamma > 0, "γ must be above 0, not \(gamma).")
    self.gamma = gamma
    self.length = length
  }

  /// γ^(t / n).
  public func factor(at position: TrainingPosition) -> Double {
    gamma.raised(to: Double(position.step) / Double(max(1, length.steps(in: position))))
  }
}
