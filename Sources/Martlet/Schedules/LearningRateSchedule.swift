/// What the learning rate is multiplied by, as a function of the position in training and of nothing else.
///
/// Schedules are values: nothing is counted, so a training can go on anywhere. ``TrainingPlan/setLearningRate(by:at:)`` follows one.
/// They are compared by value, since trainings with one schedule may share their results.
///
/// ```swift
/// /// 1, ½, ⅓, …: one step after the other.
/// struct Harmonic: LearningRateSchedule {
///   func factor(at position: TrainingPosition) -> Double { 1 / Double(position.step + 1) }
/// }
/// ```
public protocol LearningRateSchedule: Sendable, Hashable {
  /// The factor for the step that comes next; 0 or more.
  func factor(at position: TrainingPosition) -> Double
}

extension LearningRateSchedule {
  /// This schedule, to be compared with one of any type.
  package var asHashable: AnyHashable { AnyHashable(self) }
}
