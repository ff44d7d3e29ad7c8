import Foundation
public import MartletTraining

/// The lines that PyTorch's tutorial prints.
public enum TutorialLog {
  /// `[1,  2000] loss: 2.212`.
  public static func loss(epoch: Int, step: Int, mean: Double) -> String {
    String(format: "[%d, %5d] loss: ", epoch, step) + fixed(mean, 3)
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

  /// `Accuracy for class: plane is 55.8 %`, a line for each class that has images.
  public static func classAccuracies(_ evaluation: Evaluation, classNames: [String]) -> String {
    zip(classNames, evaluation.classAccuracies).filter { !$0.1.isNaN }.map { name, accuracy in
      let padded = name.padding(toLength: max(5, name.count), withPad: " ", startingAt: 0)
      return "Accuracy for class: \(padded) is \(fixed(accuracy * 100, 1)) %"
    }.joined(separator: "\n")
  }
}
