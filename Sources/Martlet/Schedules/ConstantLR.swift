import Requirements

/// One factor all the time.
///
/// PyTorch's class of this name is another thing, a factor that becomes 1 after some steps.
///
/// ```swift
/// let start = TrainingPosition(step: 0, stepsPerEpoch: 10, stepCount: 100)
/// print(ConstantLR(0.5).factor(at: start))  // 0.5
/// ```
public struct ConstantLR: LearningRateSchedule {
  /// What the learning rate is multiplied by.
  public let factor: Double

  /// A factor of 0 or more.
  public init(_ factor: Double = 1) {
    require(factor >= 0, "A factor of the learning rate must be 0 or more, not \(factor).")
    self.factor = factor
  }

  /// The factor.
  public func factor(at position: TrainingPosition) -> Double { factor }
}
