import Foundation
public import MartletTraining

/// Events as JSON Lines: one object a line.
public enum MetricsLine {
  /// `{"event":"train","epoch":1,"step":2000,"loss":2.2117}`.
  ///
  /// - Parameter arm: named in the line when several are compared.
  public static func train(epoch: Int, step: Int, loss: Double, arm: Experiment.Arm? = nil, isTeacher: Bool = false)
    -> String
  {
    object(
      [("event", text(isTeacher ? "teacher" : "train"))] + fields(arm)
        + [("epoch", "\(epoch)"), ("step", "\(step)"), ("loss", number(loss))])
  }

  /// `{"event":"evaluate","split":"test","accuracy":0.5435,"loss":1.2896,"calibration_error":0.0312,…}`, with all measures
  /// that are one number.
  public static func evaluate(_ evaluation: Evaluation, split: String, arm: Experiment.Arm? = nil) -> String {
    object(
      [("event", text("evaluate"))] + fields(arm)
        + [
          ("split", text(split)), ("accuracy", number(evaluation.accuracy)), ("loss", number(evaluation.loss)),
          ("calibration_error", number(evaluation.calibrationError)),
          ("calibration_error_equal_mass", number(evaluation.calibration(.equalMass).expectedError)),
          ("maximum_calibration_error", number(evaluation.calibration(.equalWidth).maximumError)),
          ("brier_score", number(evaluation.brierScore)), ("top5_accuracy", number(evaluation.topAccuracy(5))),
        ]
        + [
          ("true_cross_entropy", evaluation.trueCrossEntropy), ("true_kl_divergence", evaluation.trueDivergence),
        ].compactMap { name, value in value.map { (name, number($0)) } })
  }

  private static func fields(_ arm: Experiment.Arm?) -> [(String, String)] {
    arm.map { [("labels", text($0.labels.rawValue)), ("seed", "\($0.seed)")] } ?? []
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(text($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  /// JSON has no word for infinities and NaN: they become null.
  private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

  /// None of the words written here needs escaping.
  private static func text(_ word: String) -> String { "\"\(word)\"" }
}
