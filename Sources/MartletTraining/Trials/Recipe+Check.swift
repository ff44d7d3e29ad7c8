import Martlet
import MartletData
import Requirements

/// What must hold before a recipe is trained: a comparison asks all of its recipes before the first one starts.
extension Recipe {
  /// Makes sure that network, labels, loss, optimizer and teachers go with each other and with these images.
  func check(training: Dataset, test: Dataset) {
    require(training.imageShape == test.imageShape, "Training and test images must have one shape.")
    require(training.classCount == test.classCount, "Training and test images must have the same classes.")
    require(
      network.inputShape == training.imageShape && network.outputShape == [training.classCount],
      "The network of '\(name)' takes \(network.inputShape) and gives \(network.outputShape), but the images are "
        + "\(training.imageShape), of \(training.classCount) classes.")
    checkParameters()
    checkLabels(training)
    require(
      configuration.validation == nil || labels.labelled.count ?? training.count >= 2,
      "'\(name)' needs two labelled images or more: one to train on, and one to hold out.")
    guard case .trainedTeacher(let teacher, let folds) = labels.source else { return }
    require(folds >= 1, "'\(name)' needs a teacher, not \(folds).")
    require(
      folds == 1 || !teacher.labels.source.isSoft, "Teachers with folds, as those of '\(name)', learn from labels.")
    teacher.check(training: training, test: test)
  }

  private func checkParameters() {
    if let initialParameters {
      require(
        initialParameters.fits(network), "The initial weights of '\(name)' are those of another network.")
    }
    for group in configuration.groups {
      guard let wanted = group.selection.name else { continue }
      require(
        network.parameters.contains(where: group.contains),
        "The network of '\(name)' has no parameter '\(wanted)'; it has \(network.parameters.map(\.name).joined(separator: ", "))."
      )
    }
  }

  private func checkLabels(_ training: Dataset) {
    let takesLabels =
      switch labels.source {
      case .hard: loss.takesIndices
      case .smoothed: loss.takesSmoothedLabels
      case .dataset, .rows, .teacher, .trainedTeacher: loss.takesSoftLabels
      }
    require(takesLabels, "The loss of '\(name)', \(type(of: loss)), does not take its labels.")
    require(
      (configuration.mixup == nil && configuration.cutmix == nil)
        || loss.takesMixtures(ofSoftLabels: labels.source.isSoft),
      "The loss of '\(name)', \(type(of: loss)), does not take the mixture of two labels, which mixing images makes.")
    switch labels.source {
    case .dataset:
      require(
        training.distributions != nil && labels.noise == nil,
        "'\(name)' learns from the distributions of \(training.name), which has none, or none that noise would not give away."
      )
    case .rows(let rows):
      require(
        rows.count == training.count * training.classCount,
        "'\(name)' has \(rows.count) numbers as soft labels of \(training.count) images of \(training.classCount) classes."
      )
    case .hard, .smoothed, .teacher, .trainedTeacher: break
    }
  }
}

extension Parameters {
  /// Whether these are parameters of `network`.
  func fits(_ network: Network) -> Bool {
    entries.map(\.name) == network.parameters.map(\.name) && entries.map(\.shape) == network.parameters.map(\.shape)
  }
}
