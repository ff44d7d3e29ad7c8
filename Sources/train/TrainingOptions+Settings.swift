import MartletReports
import MartletTraining

/// What was decided, flag by flag, in the order of the help.
extension TrainingOptions {
  /// The names of the flags that only soft labels have use for.
  static let softLabelSettings: Set<String> = Set(
    ["soft-labels", "allow-unnormalized", "teacher", "train-teacher", "teacher-folds", "teacher-epochs", "temperature"]
      + PseudoLabelOptions.settingNames)

  /// The flags that change results, by name, each with its value; those that are not set, and have no default, are left out.
  ///
  /// - Parameter labels: the arm's labels; flags that these have no use for are left out.
  func settings(for labels: LabelMode) -> [Setting] {
    let all = settings.filter { labels == .soft || !Self.softLabelSettings.contains($0.name) }
    return all.filter { labels == .smooth || $0.name != "smoothing" }
  }

  private var settings: [Setting] {
    let hidden: String? =
      if case .mlp(let sizes) = model.network { sizes.map(String.init).joined(separator: ",") } else { nil }
    let isLabelled = labelled != nil
    let values: [(String, String?)] = [
      ("dataset", data.dataset.rawValue), ("data", data.data), ("model", model.model.rawValue), ("hidden", hidden),
      ("loss", lossText), ("class-weights", classWeights), ("label-noise", labelNoise),
      ("noise-seed", labelNoise.map { _ in "\(noiseSeed ?? 0)" }), ("ignore-index", text(ignoreIndex)),
      ("smoothing", "\(smoothing ?? 0.1)"), ("soft-labels", softLabels),
      ("allow-unnormalized", text(allowUnnormalized)),
      ("teacher", teacher), ("train-teacher", text(trainTeacher)), ("teacher-folds", text(teacherFolds)),
      ("teacher-epochs", text(teacherEpochs)), ("temperature", text(temperature)), ("labelled", text(labelled)),
      ("labelled-choice", isLabelled ? labelledChoice.rawValue : nil),
    ]
    let training: [(String, String?)] = [
      ("epochs", "\(epochs)"), ("batch-size", "\(batchSize)"), ("learning-rate", "\(learningRate)"),
      ("momentum", "\(momentum)"), ("weight-decay", "\(weightDecay)"), ("nesterov", text(nesterov)),
      ("shuffle", shuffle ? nil : "false"), ("limit", text(limit)), ("init", initialWeights),
    ]
    return (values + pseudo.settingValues + training).compactMap { name, value in
      value.map { Setting(name: name, value: $0) }
    }
  }
}

extension PseudoLabelOptions {
  /// The names of these flags.
  static let settingNames = [
    "pseudo-labels", "confidence", "confidence-mean", "unlabelled-weight", "ramp", "unlabelled-batch-size", "rounds",
    "keep-weights",
  ]

  /// The flags of pseudo-labels that were set.
  fileprivate var settingValues: [(String, String?)] {
    [
      ("pseudo-labels", pseudoLabels == .soft ? nil : pseudoLabels.rawValue), ("confidence", text(confidence)),
      ("confidence-mean", confidence.map { _ in confidenceMean.rawValue }),
      ("unlabelled-weight", text(unlabelledWeight)), ("ramp", ramp?.defaultValueDescription),
      ("unlabelled-batch-size", text(unlabelledBatchSize)), ("rounds", rounds == 1 ? nil : "\(rounds)"),
      ("keep-weights", text(keepWeights)),
    ]
  }
}

/// A value that may not be there, as text.
private func text(_ value: (some CustomStringConvertible)?) -> String? { value.map { "\($0)" } }

/// Flags that are not set are not worth a line.
private func text(_ flag: Bool) -> String? { flag ? "true" : nil }
