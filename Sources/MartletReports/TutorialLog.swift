import Foundation
public import MartletTraining

/// The lines that PyTorch's tutorial prints.
public enum TutorialLog {
  /// `[1,  2000] loss: 2.212`.
  public static func loss(epoch: Int, step: Int, mean: Double) -> String {
    String(format: "[%d, %5d] loss: %.3f", epoch, step, mean)
  }

  /// `Accuracy of the network on the 10000 test images: 54 %`, and the measures behind it in a second line.
  public static func accuracy(_ evaluation: Evaluation, split: String) -> String {
    let percent = Int(100 * evaluation.accuracy)
    return """
      Accuracy of the network on the \(evaluation.count) \(split) images: \(percent) %
      \(String(
        format: "accuracy %.2f %%, loss %.4f, expected calibration error %.4f", evaluation.accuracy * 100,
        evaluation.loss, evaluation.calibrationError))
      """
  }

  /// `Accuracy for class: plane is 55.8 %`, a line for each class that has images.
  public static func classAccuracies(_ evaluation: Evaluation, classNames: [String]) -> String {
    zip(classNames, evaluation.classAccuracies).filter { !$0.1.isNaN }.map { name, accuracy in
      let padded = name.padding(toLength: max(5, name.count), withPad: " ", startingAt: 0)
      return "Accuracy for class: \(padded) is \(String(format: "%.1f", accuracy * 100)) %"
    }.joined(separator: "\n")
  }
}
