import Foundation
import Martlet
import MartletData
import MartletReports
import MartletTraining

/// What `train compare` says before it starts.
struct ComparisonHeading {
  let arms: [ComparisonPlan.Arm]
  let comparison: Comparison
  let options: TrainingOptions

  /// Whether arms are kinds of label that have all else in common.
  private var isPlain: Bool {
    arms.allSatisfy {
      $0.name == $0.labels.rawValue && $0.options.settings(for: .soft) == arms[0].options.settings(for: .soft)
    }
  }

  /// Some lines.
  var text: String {
    get throws {
      let (training, test) = (comparison.arms[0].experiment.training, comparison.arms[0].experiment.test)
      var lines = [
        "\(training.name): \(training.count) training and \(test.count) test images, \(training.classCount) classes"
      ]
      if isPlain {
        lines += try Self.describe(
          options, comparison.arms[0].experiment, soft: comparison.arms.first { $0.labels == .soft }?.experiment,
          modes: arms.map(\.labels))
      } else {
        lines += armLines
      }
      return lines.joined(separator: "\n") + "\n"
    }
  }

  /// What all arms share, and a line for each arm with what it does not share.
  private var armLines: [String] {
    let settings = arms.map(\.settings)
    let shared = settings[0].filter { setting in settings.allSatisfy { $0.contains(setting) } }
    func list(_ settings: [Setting]) -> String {
      settings.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    }
    let own = zip(arms, settings).map { arm, settings in
      let rest = settings.filter { !shared.contains($0) }
      return "\(arm.name): labels \(arm.labels.rawValue)" + (rest.isEmpty ? "" : ", \(list(rest))")
    }
    return ["all: \(list(shared))"] + own
  }

  /// What holds for arms that differ in their labels alone.
  private static func describe(
    _ options: TrainingOptions, _ experiment: Experiment, soft: Experiment?, modes: [LabelMode]
  ) throws -> [String] {
    var lines = [
      "\(options.model.model.rawValue) network, \(options.epochs) \(options.epochs == 1 ? "epoch" : "epochs"), batches of \(options.batchSize), "
        + "learning rate \(options.learningRate), momentum \(options.momentum)"
    ]
    lines.append(contentsOf: try describeLoss(options, experiment, modes))
    if let noise = options.labelNoise {
      lines.append("label noise: \(noise), seed \(options.noiseSeed ?? 0); test labels are as they were")
    }
    if let labelled = options.labelled {
      let choice =
        switch options.labelledChoice {
        case .balanced: "\(labelled) images, as many of each class,"
        case .random: "\(labelled) images, drawn by the seed,"
        case .first: "the first \(labelled) images"
        }
      lines.append("only \(choice) keep their labels")
    }
    if let soft { lines += describeSoftLabels(options, soft) }
    return lines
  }

  private static func describeSoftLabels(_ options: TrainingOptions, _ experiment: Experiment) -> [String] {
    let source =
      switch experiment.labels.soft {
      case .dataset: "the data set's own distributions"
      case .rows: "the rows of \(options.softLabels ?? "a file")"
      case .teacher: "the distributions of the teacher in \(options.teacher ?? "a file")"
      case .trainedTeacher(let folds):
        folds > 1
          ? "the distributions of \(folds) teachers, each asked about the labelled images that it has not seen"
          : "the distributions of a teacher trained on the hard labels"
      }
    let settings = options.settings(for: .soft).filter { PseudoLabelOptions.settingNames.contains($0.name) }
    let details = settings.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    return ["soft labels: \(source)\(details.isEmpty ? "" : "; \(details)")"]
  }

  /// The loss, its class weights, and what its mean divides by.
  private static func describeLoss(
    _ options: TrainingOptions, _ experiment: Experiment, _ modes: [LabelMode]
  ) throws -> [String] {
    let loss = try options.loss
    var lines = ["loss: \(loss.summary)"]
    let others = modes.filter { !Experiment.accepts($0, experiment.loss) }.map(\.rawValue)
    if !others.isEmpty {
      lines.append(
        "\(others.joined(separator: " and ")): cross-entropy, since \(loss.entry.name) takes soft labels alone")
    }
    lines.append(contentsOf: loss.entry.notes)
    func list(_ weights: [Float]) -> String {
      "class weights: " + weights.map { String(format: "%.4g", $0) }.joined(separator: " ")
    }
    if let binary = experiment.loss as? BinaryCrossEntropyWithLogits, let weights = binary.classWeights {
      lines.append(list(weights))
    }
    if let weighted = experiment.loss as? any ClassWeightedLoss, !weighted.weighting.weights.isEmpty {
      lines.append(list(weighted.weighting.weights))
      let kinds = experiment.loss is CrossEntropy ? "soft labels" : "soft and smoothed labels"
      let name = weighted.weighting.denominator.rawValue
      lines.append(
        weighted.weighting.denominator == .matchingPyTorch
          ? "means are divided by the weights of the labels, and for \(kinds) by their number (\(name)): hard\n"
            + "and soft labels take steps of different length; with --loss \(loss.entry.name):effective-weight they do not"
          : "means are divided by the weights of the labels, and for \(kinds) by the weights of their classes (\(name))"
      )
    }
    if let ignored = options.ignoreIndex {
      let count = experiment.training.labels.count { Int($0) == ignored }
      lines.append("class \(ignored) is ignored: \(count) of the training images, and all of its test images")
    }
    return lines
  }
}
