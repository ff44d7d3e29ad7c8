import Requirements

/// From 1 down to an end factor e along a power: e + (1 − e)·(1 − t / T)^p, with t of all T steps behind.
///
/// A power of 1 is a line. Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html>
///
/// ```swift
/// let schedule = PolynomialLR(power: 2)
/// let half = TrainingPosition(step: 50, stepsPerEpoch: 10, stepCount: 100)
/// print(schedule.factor(at: half))  // 0.25
/// ```
public struct PolynomialLR: LearningRateSchedule {
  /// p.
  public let power: Double
  /// e.
  public let endFactor: Double

  /// A curve of the given power, above 0, to an end factor of 0 or more.
  public init(power: Double = 1, endFactor: Double = 0) {
    require(power > 0, "The power must be above 0, not \(power).")
    require(endFactor >= 0, "The end factor must be 0 or more, not \(endFactor).")
    self.power = power
    self.endFactor = endFactor
  }

  /// e + (1 − e)·(1 − t / T)^p.
  public func factor(at position: TrainingPosition) -> Double {
    endFactor + (1 - endFactor) * (1 - position.progress).raised(to: power)
  }
}
