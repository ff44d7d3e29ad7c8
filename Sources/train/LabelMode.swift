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
}
