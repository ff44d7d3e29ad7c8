import Requirements

/// A line from a small factor up to another schedule's first value, and then that schedule, which covers the rest of the training.
///
/// With f the schedule, n steps of warm-up and T in all: (s + (1 − s)·t / n)·f(0 of T − n) before step n, and f(t − n of T − n)
/// from there on. So the milestones of a schedule behind a warm-up count from its end. With a schedule that starts at 1 it is what
/// PyTorch makes of `LinearLR` and that schedule in a `SequentialLR`.
///
/// Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour" (2017).
///
/// ```swift
/// let schedule = WarmupLR(for: .epochs(5), from: 0.5, then: CosineAnnealingLR())
/// let start = TrainingPosition(step: 0, stepsPerEpoch: 10, stepCount: 100)
/// print(schedule.factor(at: start))  // 0.5
/// ```
public struct WarmupLR<Following: LearningRateSchedule>: LearningRateSchedule {
  /// How long the factor rises.
  public let length: TrainingLength
  /// s.
  public let startFactor: Double
  /// What comes behind it.
  public let following: Following

  /// A rise from `startFactor`, 0 or more, over a stretch of training, and the schedule behind it.
  public init(for length: TrainingLength, from startFactor: Double, then following: Following) {
    length.check()
    require(startFactor >= 0, "Factors of the learning rate must be 0 or more, not \(startFactor).")
    self.length = length
    self.startFactor = startFactor
    self.following = following
  }

  /// The rise, or the schedule behind it.
  public func factor(at position: TrainingPosition) -> Double {
    let count = length.steps(in: position)
    let rest = TrainingPosition(
      step: max(0, position.step - count), stepsPerEpoch: position.stepsPerEpoch,
      stepCount: max(1, position.stepCount - count))
    guard position.step < count else { return following.factor(at: rest) }
    let share = Double(position.step) / Double(count)
    return (startFactor + (1 - startFactor) * share) * following.factor(at: rest)
  }
}

extension WarmupLR where Following == ConstantLR {
  /// A rise from `startFactor`, 0 or more, to 1, which then stays.
  public init(for length: TrainingLength, from startFactor: Double) {
    self.init(for: length, from: startFactor, then: ConstantLR())
  }
}
