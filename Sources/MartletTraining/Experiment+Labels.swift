public import Martlet
import Requirements

/// Which targets and which loss each kind of label has.
extension Experiment {
  /// Whether `loss` takes the targets of a trial with these labels.
  public static func accepts(_ labels: LabelMode, _ loss: any Loss) -> Bool {
    let accepted = loss.acceptedTargets
    return switch labels {
    case .hard: accepted.contains(.classIndices)
    // A loss that wants a teacher's opinion would take smoothed labels for one.
    case .smooth: accepted.contains(.probabilities) && !accepted.contains(.labelledProbabilities)
    case .soft: accepted.contains(.probabilities) || accepted.contains(.labelledProbabilities)
    }
  }

  /// The loss of a trial. Cross-entropy smooths by itself, with the denominators that PyTorch has then; other losses get smoothed
  /// targets.
  func loss(for mode: LabelMode) -> any Loss {
    let isTaken = Self.accepts(mode, loss)
    guard let loss = isTaken ? loss : fallbackLoss else {
      fail("\(type(of: loss)) does not take \(mode) labels, and there is no other loss for them.")
    }
    guard mode == .smooth, let crossEntropy = loss as? CrossEntropy else { return loss }
    return crossEntropy.smoothed(by: labels.smoothing)
  }

  /// The labels, without those of the class to ignore.
  ///
  /// - Parameter labelled: the images whose labels are known.
  func hardTargets(_ labelled: [Int]) throws -> Targets { ignoring(try training.hardTargets, labelled) }

  /// Leaves out the images whose label is known, and is the class to ignore.
  private func ignoring(_ targets: Targets, _ known: [Int]) -> Targets {
    guard let ignoreIndex = labels.ignoreIndex else { return targets }
    return targets.ignoring(known.filter { Int(training.labels[$0]) == ignoreIndex })
  }

  /// Targets of the soft arm.
  ///
  /// A loss that takes both gets each image's distribution, with the label beside it where it is known. Other losses get one of
  /// the two: the label of the images that keep theirs, if only some do, and the distribution of all others.
  ///
  /// - Parameters:
  ///   - distributions: (training images, classCount).
  ///   - kept: the images that keep their labels; none where all labels are known, and replaced.
  func softTargets(from distributions: [Float], kept: [Int]) throws -> Targets {
    let classCount = training.classCount
    let known = labels.labelled.count == nil ? Array(0..<training.count) : kept
    if loss.acceptedTargets.contains(.labelledProbabilities) {
      var indices: [Int?] = Array(repeating: nil, count: training.count)
      for index in known { indices[index] = Int(training.labels[index]) }
      return ignoring(try .labelledProbabilities(indices, distributions, classCount: classCount), known)
    }
    var rows = distributions
    for index in kept {
      for column in 0..<classCount {
        rows[index * classCount + column] = column == Int(training.labels[index]) ? 1 : 0
      }
    }
    // Those of a data set or a teacher are distributions; a file's may be something else, on request.
    return ignoring(try .probabilities(rows, classCount: classCount, allowsUnnormalizedRows: true), known)
  }

  /// The images that have soft labels instead of labels, and which of these are sure enough.
  ///
  /// - Parameters:
  ///   - rows: the distributions, (training images, classCount).
  ///   - kept: the images that keep their labels.
  func unlabelledImages(_ rows: [Float], kept: [Int]) -> UnlabelledImages {
    var isKept = Array(repeating: false, count: training.count)
    for index in kept { isKept[index] = true }
    let examples = isKept.indices.filter { !isKept[$0] }
    let (settings, classCount) = (labels.pseudoLabelling, training.classCount)
    let isConfident = examples.map { example in
      guard settings.threshold > 0 else { return true }
      let first = example * classCount
      return rows[PseudoLabels.favourite(of: rows, at: first, classCount)] >= settings.threshold
    }
    return UnlabelledImages(examples, isConfident: isConfident, settings: settings)
  }

  /// How good the soft labels of `images` are, by the labels that the data set has for them; nil where no network made
  /// them, and no label is hidden.
  func pseudoLabelQuality(_ rows: [Float], _ images: UnlabelledImages) -> PseudoLabelQuality? {
    let isMade =
      switch labels.soft {
      case .dataset, .rows: false;
      case .teacher, .trainedTeacher: true
      }
    guard isMade || labels.labelled.count != nil, !images.examples.isEmpty else { return nil }
    let classCount = training.classCount
    // Where all labels are known, nobody looks at images of the ignored class.
    let ignored = labels.labelled.count == nil ? labels.ignoreIndex : nil
    let looked = zip(images.examples, images.isConfident).filter { Int(training.labels[$0.0]) != ignored }
    let confident = looked.filter(\.1).map(\.0)
    let right = confident.count { image in
      let first = image * classCount
      return PseudoLabels.favourite(of: rows, at: first, classCount) - first == Int(training.labels[image])
    }
    return PseudoLabelQuality(count: looked.count, confident: confident.count, right: right)
  }
}
