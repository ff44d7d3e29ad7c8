import Requirements

/// From 1 down to an end factor e along half a cosine: e + (1 − e)·(1 + cos(πt / T)) / 2, with t of all T steps behind.
///
/// Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2016), without restarts.
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html>, whose `eta_min` is a rate
/// and not a factor.
///
/// ```swift
/// let schedule = CosineAnnealingLR(endFactor: 0.5)
/// let end = TrainingPosition(step: 100, stepsPerEpoch: 10, stepCount: 100)
/// print(schedule.factor(at: end))  // 0.5
/// ```
public struct CosineAnnealingLR: LearningRateSchedule {
  /// e.
  public let endFactor: Double

  /// A curve to an end factor of 0 or more.
  public init(endFactor: Double = 0) {
    require(endFactor >= 0, "The end factor must be 0 or more, not \(endFactor).")
    self.endFactor = endFactor
  }

  /// e + (1 − e)·(1 + cos(πt / T)) / 2.
  public func factor(at position: TrainingPosition) -> Double {
    endFactor + (1 - endFactor) * (1 + (Double.pi * position.progress).cosine) / 2
  }
}
