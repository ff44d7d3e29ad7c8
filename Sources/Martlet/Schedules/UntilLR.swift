/// A schedule up to some point, and 0 from there on: what is trained for a while only.
///
/// Parameters of a group with this schedule rest when it is 0: nothing moves them, not even their weight decay.
///
/// ```swift
/// let group = ParameterGroup(.named("whiten.bias"), schedule: UntilLR(.epochs(3), TriangularLR()))
/// let later = TrainingPosition(step: 144, stepsPerEpoch: 48, stepCount: 476)
/// print(group.schedule?.factor(at: later) == 0)  // true
/// ```
public struct UntilLR<Preceding: LearningRateSchedule>: LearningRateSchedule {
  /// How long there is training.
  public let length: TrainingLength
  /// The schedule until then, which does not know that it ends: its end is that of the whole training.
  public let preceding: Preceding

  /// A schedule for a stretch of training.
  public init(_ length: TrainingLength, _ preceding: Preceding) {
    length.check()
    self.length = length
    self.preceding = preceding
  }

  /// The schedule's factor, or 0.
  public func factor(at position: TrainingPosition) -> Double {
    position.step < length.steps(in: position) ? preceding.factor(at: position) : 0
  }
}

extension UntilLR where Preceding == ConstantLR {
  /// 1 for a stretch of training.
  public init(_ length: TrainingLength) { self.init(length, ConstantLR()) }
}
