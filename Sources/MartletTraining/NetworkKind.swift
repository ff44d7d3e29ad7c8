public import Martlet

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
