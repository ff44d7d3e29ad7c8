import Foundation
import Martlet
import MartletData
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
      let (training, test) = (comparison.training, comparison.test)
      var lines = [
        "\(training.name): \(training.count) training and \(test.count) test images, \(training.classCount) classes"
      ]
      if isPlain {
        lines += try describe()
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
  private func describe() throws -> [String] {
    var lines = [
      "\(options.model.setting) network, \(options.epochs) \(options.epochs == 1 ? "epoch" : "epochs"), batches of \(options.batchSize), "
        + "learning rate \(options.optimization.learningRate)"
        + (options.optimization.optimizerText == "sgd" ? "" : ", \(options.optimization.optimizerText)")
        + (options.optimization.hasMomentum ? ", momentum \(options.optimization.momentum)" : "")
        + (options.optimization.nesterov ? " (Nesterov)" : "")
        + (options.optimization.weightDecay > 0 ? ", weight decay \(options.optimization.weightDecay)" : "")
        + (options.optimization.clipNorm.map { ", gradients clipped to norm \($0)" } ?? "")
        + (options.shuffle ? "" : ", not shuffled")
    ]
    let others = options.settings(FlagEntry.refinements).map { "\($0.name) \($0.value)" }
    if !others.isEmpty { lines.append(others.joined(separator: ", ")) }
    if let normalization = options.data.normalizationSetting {
      lines.append("pixels normalised by mean and deviation \(normalization)")
    }
    lines.append(contentsOf: try describeLoss())
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
    for (arm, recipe) in zip(arms, comparison.recipes) where arm.labels == .soft {
      lines.append(describeSoftLabels(recipe.labels.source))
    }
    return lines
  }

  private func describeSoftLabels(_ source: LabelSettings.Source) -> String {
    let words =
      switch source {
      case .hard, .smoothed, .dataset: "the data set's own distributions"
      case .rows: "the rows of \(options.softLabels ?? "a file")"
      case .teacher: "the distributions of the teacher in \(options.teacher ?? "a file")"
      case .trainedTeacher(_, let folds):
        folds > 1
          ? "the distributions of \(folds) teachers, each for the labelled images that it has not seen"
          : "the distributions of a teacher trained on the hard labels"
      }
    let details = options.settings(FlagEntry.pseudoLabels).map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    return "soft labels: \(words)\(details.isEmpty ? "" : "; \(details)")"
  }

  /// The loss, its class weights, and what its mean divides by.
  private func describeLoss() throws -> [String] {
    let selection = try options.loss
    let asked = selection.loss(classWeights: nil)
    var lines = ["loss: \(selection.summary)"]
    let others = arms.map(\.labels).filter { !$0.isTaken(by: asked) }.map(\.rawValue)
    if !others.isEmpty {
      lines.append(
        "\(others.joined(separator: " and ")): cross-entropy, since \(selection.entry.name) takes soft labels alone")
    }
    lines.append(contentsOf: selection.entry.notes)
    let loss = zip(arms, comparison.recipes).first { $0.0.labels.isTaken(by: asked) }?.1.loss
    if let (weights, denominator) = loss?.weightsOfClasses {
      lines.append("class weights: " + weights.map { String(format: "%.4g", $0) }.joined(separator: " "))
      let kinds = asked.smoothingItself(by: 0) != nil ? "soft labels" : "soft and smoothed labels"
      switch denominator {
      case nil: break
      case .matchingPyTorch?:
        lines.append(
          "means are divided by the weights of the labels, and for \(kinds) by their number (matching-pytorch): hard\n"
            + "and soft labels train at different effective learning rates; with --loss \(selection.entry.name):effective-weight they do not"
        )
      case .effectiveWeight?:
        lines.append(
          "means are divided by the weights of the labels, and for \(kinds) by the weights of their classes (effective-weight)"
        )
      }
    }
    if let ignored = options.ignoreIndex {
      let noise = comparison.recipes[0].labels.noise
      let training = noise.map { comparison.training.with($0.kind, seed: $0.seed) } ?? comparison.training
      let count = training.labels.count { Int($0) == ignored }
      lines.append("class \(ignored) is ignored: \(count) of the training images, and all of its test images")
    }
    return lines
  }
}
