import Requirements

/// From a start factor up to 1 along a line, and down to an end factor along another.
///
/// With p steps to the peak and T in all, t < p of them behind: s + (1 − s)·t / p, and 1 + (e − 1)·(t − p) / (T − p) from there on.
/// Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024), trains by the one with the defaults here.
///
/// ```swift
/// let schedule = TriangularLR(startFactor: 0.2, peak: .share(0.25), endFactor: 0)
/// let position = TrainingPosition(step: 50, stepsPerEpoch: 10, stepCount: 80)
/// print(schedule.factor(at: position))  // 0.5
/// ```
public struct TriangularLR: LearningRateSchedule {
  /// s.
  public let startFactor: Double
  /// How long it takes to the peak.
  public let peak: TrainingLength
  /// e.
  public let endFactor: Double

  /// A triangle whose factors are 0 or more.
  public init(startFactor: Double = 0.2, peak: TrainingLength = .share(0.23), endFactor: Double = 0.07) {
    peak.check()
    require(startFactor >= 0 && endFactor >= 0, "Factors of the learning rate must be 0 or more.")
    self.startFactor = startFactor
    self.peak = peak
    self.endFactor = endFactor
  }

  /// The point of the triangle.
  public func factor(at position: TrainingPosition) -> Double {
    let rising = peak.steps(in: position)
    if position.step < rising {
      let share = Double(position.step) / Double(rising)
      return startFactor * (1 - share) + share
    }
    let falling = max(1, position.stepCount - rising)
    let share = min(1, Double(position.step - rising) / Double(falling))
    return 1 - share + endFactor * share
  }
}
