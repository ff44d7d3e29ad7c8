import Foundation
public import MartletTraining

/// Events as JSON Lines: one object a line.
///
/// Where several trials are compared, a line names its trial, and the word for its labels.
public enum MetricsLine {
  /// `{"event":"train","epoch":1,"step":2000,"loss":2.2117}`.
  public static func train(
    epoch: Int, step: Int, loss: Double, trial: Trial? = nil, labels: String? = nil, isTeacher: Bool = false
  ) -> String {
    object(
      [("event", text(isTeacher ? "teacher" : "train"))] + fields(trial, labels)
        + [("epoch", "\(epoch)"), ("step", "\(step)"), ("loss", number(loss))])
  }

  /// `{"event":"validate","epoch":3,"accuracy":0.542,"loss":1.2896}`; of a teacher, the event is `teacher_validate`.
  public static func validate(
    _ point: ValidationPoint, trial: Trial? = nil, labels: String? = nil, isTeacher: Bool = false
  ) -> String {
    object(
      [("event", text(isTeacher ? "teacher_validate" : "validate"))] + fields(trial, labels)
        + [("epoch", "\(point.epoch)"), ("accuracy", number(point.accuracy)), ("loss", number(point.loss))])
  }

  /// `{"event":"evaluate","split":"test","accuracy":0.5435,"loss":1.2896,"calibration_error":0.0312,…}`, with all measures
  /// that are one number. With several views of each image, it also has their number and the accuracy without them.
  public static func evaluate(
    _ evaluation: Evaluation, split: String, views: TestTimeAugmentation = .none, plainAccuracy: Double? = nil,
    trial: Trial? = nil, labels: String? = nil
  ) -> String {
    let viewed: [(String, String)] =
      views == .none
      ? [] : [("views", "\(views.viewCount)")] + (plainAccuracy.map { [("plain_accuracy", number($0))] } ?? [])
    return object(
      [("event", text("evaluate"))] + fields(trial, labels)
        + [
          ("split", text(split)), ("accuracy", number(evaluation.accuracy)), ("loss", number(evaluation.loss)),
        ] + viewed + [
          ("calibration_error", number(evaluation.calibrationError)),
          ("calibration_error_equal_mass", number(evaluation.calibration(.equalMass).expectedError)),
          ("maximum_calibration_error", number(evaluation.calibration(.equalWidth).maximumError)),
          ("brier_score", number(evaluation.brierScore)), ("top5_accuracy", number(evaluation.topAccuracy(5))),
        ]
        + [
          ("true_cross_entropy", evaluation.trueCrossEntropy), ("true_kl_divergence", evaluation.trueDivergence),
        ].compactMap { name, value in value.map { (name, number($0)) } })
  }

  /// `{"event":"point","arm":"soft","labels":"soft","seed":0,"epoch":0.5,"step":1250,"training_loss":1.9,…}`: a point of the
  /// learning curve.
  public static func point(_ point: CurvePoint, trial: Trial? = nil, labels: String? = nil) -> String {
    object(
      [("event", text("point"))] + fields(trial, labels)
        + [
          ("epoch", number(point.epoch)), ("step", "\(point.step)"), ("training_loss", number(point.trainingLoss)),
          ("test_loss", number(point.testLoss)), ("test_accuracy", number(point.testAccuracy)),
        ])
  }

  private static func fields(_ trial: Trial?, _ labels: String?) -> [(String, String)] {
    guard let trial else { return [] }
    let words = [("arm", trial.recipe), ("labels", labels)].compactMap { name, word in word.map { (name, text($0)) } }
    return words + [("seed", "\(trial.seed)")]
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(text($0.0)):\($0.1)" }.joined(separator: ",") + "}"
  }

  /// JSON has no word for infinities and NaN: they become null.
  private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

  private static func text(_ word: String) -> String {
    let escaped = word.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.value < 32: String(format: "\\u%04x", scalar.value)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
