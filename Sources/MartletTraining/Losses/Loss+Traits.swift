public import Martlet

/// A loss that smooths labels by itself, where its denominators depend on it.
public protocol SmoothingLoss: Loss {
  /// This loss with another smoothing.
  func smoothed(by smoothing: Float) -> Self
}

/// A loss that says whether the softmax of a network's outputs is what it trains. It is, for losses that do not say so.
public protocol OutputLoss: Loss {
  /// Whether the softmax of the outputs is the distribution that the loss compares with the target.
  var trainsSoftmax: Bool { get }
}

extension CrossEntropy: SmoothingLoss {}

extension BinaryCrossEntropyWithLogits: OutputLoss {
  /// No: each output has a sigmoid of its own.
  public var trainsSoftmax: Bool { false }
}

extension MeanSquaredError: OutputLoss {
  /// Only if it applies the softmax.
  public var trainsSoftmax: Bool { appliesSoftmax }
}

/// What recipes ask of a loss.
extension Loss {
  /// Whether the softmax of the outputs is what this loss trains, so that it is a teacher's distribution.
  package var isOfSoftmax: Bool { (self as? any OutputLoss)?.trainsSoftmax ?? true }

  /// This loss with smoothing of its own; nil for losses that want smoothed targets instead.
  package func smoothingItself(by smoothing: Float) -> (any Loss)? {
    (self as? any SmoothingLoss)?.smoothed(by: smoothing)
  }

  /// Whether it takes class indices.
  package var takesIndices: Bool { acceptedTargets.contains(.classIndices) }

  /// Whether it takes smoothed labels: one that wants a teacher's distribution would take them for that.
  package var takesSmoothedLabels: Bool { acceptedTargets.contains(.probabilities) && !takesTeacher }

  /// Whether it takes distributions, a teacher's among them.
  package var takesSoftLabels: Bool { acceptedTargets.contains(.probabilities) || takesTeacher }

  /// Whether it takes a teacher's distribution beside the label.
  package var takesTeacher: Bool { acceptedTargets.contains(.labelledProbabilities) }

  /// Whether it takes the mixture of two labels, or of two distributions, as one distribution.
  package func takesMixtures(ofSoftLabels isSoft: Bool) -> Bool {
    acceptedTargets.contains(.probabilities) && !(isSoft && takesTeacher)
  }

  /// Its class weights, and what its weighted mean divides by, where that can be chosen; nil if all classes count alike.
  package var weightsOfClasses: (weights: [Float], denominator: MeanDenominator?)? {
    switch self {
    case let loss as any ClassWeightedLoss where !loss.weighting.weights.isEmpty:
      (loss.weighting.weights, loss.weighting.denominator)
    case let loss as BinaryCrossEntropyWithLogits: loss.classWeights.map { ($0, nil) }
    default: nil
    }
  }
}
