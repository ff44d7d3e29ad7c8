public import Martlet
import Requirements

/// Which targets and which loss each kind of label has.
extension Experiment {
  /// Whether `loss` takes the targets of an arm with these labels.
  public static func accepts(_ labels: LabelMode, _ loss: any Loss) -> Bool {
    let accepted = loss.acceptedTargets
    return switch labels {
    case .hard: accepted.contains(.classIndices)
    // A loss that wants a teacher's opinion would take smoothed labels for one.
    case .smooth: accepted.contains(.probabilities) && !accepted.contains(.labelledProbabilities)
    case .soft: accepted.contains(.probabilities) || accepted.contains(.labelledProbabilities)
    }
  }

  /// The loss of an arm. Cross-entropy smooths by itself, with the denominators that PyTorch has then; other losses get smoothed
  /// targets.
  func loss(for labels: LabelMode) -> any Loss {
    let isTaken = Self.accepts(labels, loss)
    guard let loss = isTaken ? loss : fallbackLoss else {
      fail("\(type(of: loss)) does not take \(labels) labels, and there is no other loss for them.")
    }
    guard labels == .smooth, let crossEntropy = loss as? CrossEntropy else { return loss }
    return crossEntropy.smoothed(by: smoothing)
  }

  /// The loss of a teacher. A teacher's distribution is the softmax of its outputs, so its loss must be one that trains that.
  var teacherLoss: any Loss {
    switch loss {
    case is BinaryCrossEntropyWithLogits: CrossEntropy()
    case let squares as MeanSquaredError where !squares.appliesSoftmax: CrossEntropy()
    default: Self.accepts(.hard, loss) ? loss : fallbackLoss ?? CrossEntropy()
    }
  }

  /// Whether the hard arm is trained as a teacher is, so that the two are one network.
  var isTeacherHardArm: Bool { type(of: teacherLoss) == type(of: loss(for: .hard)) }

  /// The training images that keep their labels: the first ones.
  var labelled: Range<Int> { 0..<min(training.count, labelledCount ?? training.count) }

  /// The labels, without those of the class to ignore.
  var hardTargets: Targets {
    get throws { try ignoring(training.hardTargets) }
  }

  /// Leaves out the images whose label is known, and is the class to ignore.
  private func ignoring(_ targets: Targets) -> Targets {
    guard let ignoreIndex else { return targets }
    return targets.ignoring(labelled.filter { Int(training.labels[$0]) == ignoreIndex })
  }

  /// Targets of the soft arm.
  ///
  /// A loss that takes both gets each image's distribution, with the label beside it where it is known. Other losses get one of
  /// the two: the label of the images that keep theirs, if only some do, and the distribution of all others.
  ///
  /// - Parameter distributions: (training images, classCount).
  func softTargets(from distributions: [Float]) throws -> Targets {
    let classCount = training.classCount
    if loss.acceptedTargets.contains(.labelledProbabilities) {
      let labels = training.labels.enumerated().map { labelled.contains($0) ? Int($1) : nil }
      return ignoring(try .labelledProbabilities(labels, distributions, classCount: classCount))
    }
    var rows = distributions
    for index in labelledCount == nil ? 0..<0 : labelled {
      for column in 0..<classCount {
        rows[index * classCount + column] = column == Int(training.labels[index]) ? 1 : 0
      }
    }
    // Those of a data set or a teacher are distributions; a file's may be something else, on request.
    return ignoring(try .probabilities(rows, classCount: classCount, allowsUnnormalizedRows: true))
  }
}
