import Foundation
public import MartletTraining

/// The lines that PyTorch's tutorial prints.
public enum TutorialLog {
  /// `[1,  2000] loss: 2.212`.
  public static func loss(epoch: Int, step: Int, mean: Double) -> String {
    String(format: "[%d, %5d] loss: ", epoch, step) + fixed(mean, 3)
  }

  /// `epoch 3: validation accuracy 54.20 %, loss 1.2896`.
  public static func validation(_ point: ValidationPoint) -> String {
    "epoch \(point.epoch): validation accuracy \(fixed(point.accuracy * 100, 2)) %, loss \(fixed(point.loss, 4))"
  }

  /// `Accuracy of the network on the 10000 test images: 54 %`, and the measures behind it in a second line.
  public static func accuracy(_ evaluation: Evaluation, split: String) -> String {
    // Whole numbers, as in the tutorial: 100 · 0.29 is less than 29.
    let percent = 100 * evaluation.hits / max(1, evaluation.count)
    return """
      Accuracy of the network on the \(evaluation.count) \(split) images: \(percent) %
      accuracy \(fixed(evaluation.accuracy * 100, 2)) %, loss \(fixed(evaluation.loss, 4)), \
      expected calibration error \(fixed(evaluation.calibrationError, 4))
      """
  }

  /// `Each image was shown in 6 views; as it is, the accuracy is 54.20 %`; nil where images were shown as they are alone.
  public static func views(_ result: TrialResult) -> String? {
    result.plainAccuracy.map { views(result.testTimeAugmentation, plainAccuracy: $0) }
  }

  /// The same for views that were shown, and the accuracy of the images as they are.
  public static func views(_ augmentation: TestTimeAugmentation, plainAccuracy: Double) -> String {
    "Each image was shown in \(augmentation.viewCount) views; as it is, the accuracy is \(fixed(plainAccuracy * 100, 2)) %"
  }

  /// `Accuracy for class: plane is 55.8 %`, a line for each class that has images.
  public static func classAccuracies(_ evaluation: Evaluation, classNames: [String]) -> String {
    zip(classNames, evaluation.classAccuracies).filter { !$0.1.isNaN }.map { name, accuracy in
      let padded = name.padding(toLength: max(5, name.count), withPad: " ", startingAt: 0)
      return "Accuracy for class: \(padded) is \(fixed(accuracy * 100, 1)) %"
    }.joined(separator: "\n")
  }

  /// The measures that the tutorial does not print: three lines.
  public static func measures(_ evaluation: Evaluation) -> String {
    let (width, mass) = (evaluation.calibration(.equalWidth), evaluation.calibration(.equalMass))
    return """
      top-5 accuracy \(fixed(evaluation.topAccuracy(5) * 100, 2)) %, Brier score \(fixed(evaluation.brierScore, 4))
      calibration error, 15 bins: \(fixed(width.expectedError, 4)) (equal width), \
      \(fixed(mass.expectedError, 4)) (equal mass); largest in a bin of equal width: \(fixed(width.maximumError, 4))
      """
        + (evaluation.trueDivergence.map { "\nKL divergence from the true distributions: \(fixed($0, 4))" } ?? "")
  }

  /// A temperature, and what it changes.
  public static func temperature(_ trial: TemperatureTrial) -> String {
    """
    temperature \(fixed(trial.temperature, 4)), fitted on the first half of the images; on the second half:
    loss \(fixed(trial.before.loss, 4)) -> \(fixed(trial.after.loss, 4)), \
    calibration error \(fixed(trial.before.calibrationError, 4)) -> \(fixed(trial.after.calibrationError, 4))
    """
  }

  /// A row for each class: how often its images were taken for each class.
  public static func confusion(_ evaluation: Evaluation, classNames: [String]) -> String {
    var table = Table(["is \\ taken for"] + classNames)
    for (name, row) in zip(classNames, evaluation.confusionMatrix) { table.add([name] + row.map(String.init)) }
    return table.text
  }
}
