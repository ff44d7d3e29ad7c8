public import Martlet

/// Training that was ended before its time.
public struct TrainingStopped: Error {
  /// What was trained.
  public let trial: Trial
  /// Whether it was a teacher of the trial.
  public let isTeacher: Bool
  /// How far training had come, in epochs.
  public let epochs: Double
  /// The weights as they were then.
  public let parameters: Parameters
}
