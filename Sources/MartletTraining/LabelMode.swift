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

/// The networks that can be asked for by name.
public enum NetworkKind: Sendable, Hashable {
  /// ``Models/tutorial(inputShape:classCount:)``.
  case tutorial
  /// ``Models/mlp(hidden:inputShape:classCount:)``.
  case mlp(hidden: [Int])

  /// The network for images of `inputShape` and `classCount` classes.
  public func model(inputShape: Shape, classCount: Int) -> Sequential {
    switch self {
    case .tutorial: Models.tutorial(inputShape: inputShape, classCount: classCount)
    case .mlp(let hidden): Models.mlp(hidden: hidden, inputShape: inputShape, classCount: classCount)
    }
  }
}
