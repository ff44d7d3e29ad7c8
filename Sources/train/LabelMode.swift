import ArgumentParser
import Martlet
import MartletTraining

/// The kinds of label, by the words that the command line has for them.
enum LabelMode: String, CaseIterable, ExpressibleByArgument {
  /// Class indices.
  case hard
  /// Class indices, smoothed.
  case smooth
  /// One distribution an image.
  case soft

  /// Whether `loss` takes these labels.
  func isTaken(by loss: any Loss) -> Bool {
    switch self {
    case .hard: loss.takesIndices
    case .smooth: loss.takesSmoothedLabels
    case .soft: loss.takesSoftLabels
    }
  }

  /// Whether the loss of such an arm takes the mixture of two of its labels.
  func takesMixtures(_ asked: any Loss) -> Bool {
    // Where the loss that was asked for does not take these labels, the arm has cross-entropy.
    guard isTaken(by: asked) else { return true }
    return asked.takesMixtures(ofSoftLabels: self == .soft)
  }
}
