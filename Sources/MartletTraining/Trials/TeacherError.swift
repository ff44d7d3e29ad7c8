/// A teacher that predicts nothing: its weights have become NaN.
public struct TeacherError: Error, CustomStringConvertible {
  /// Whose teacher it is.
  public let trial: Trial

  /// What was found, and what to do.
  public var description: String {
    "The teacher of '\(trial.recipe)', seed \(trial.seed), predicts NaN: its training diverged. Take a smaller "
      + "--learning-rate."
  }
}
