public import Martlet

/// The kinds of label that are compared.
public enum LabelMode: String, Sendable, CaseIterable {
  /// Class indices.
  case hard
  /// Class indices, smoothed by the loss.
  case smooth
  /// One distribution an image.
  case soft

  /// The loss that goes with the labels.
  public func loss(smoothing: Float) -> CrossEntropy {
    CrossEntropy(labelSmoothing: self == .smooth ? smoothing : 0)
  }
}
