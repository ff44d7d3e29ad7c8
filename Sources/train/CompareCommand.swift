import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletReports
import MartletTraining

/// `train compare`: the same network under several kinds of label.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Train the same network under several kinds of label, and print one table.",
    discussion: "All modes start from the same weights and see the images in the same order.")

  /// Label modes with commas between them, each at most once.
  struct ModeList: ExpressibleByArgument {
    let modes: [LabelMode]

    init?(argument: String) {
      let words = argument.split(separator: ",", omittingEmptySubsequences: false)
      let modes = words.compactMap { LabelMode(rawValue: String($0)) }
      guard !words.isEmpty, modes.count == words.count, Set(modes).count == modes.count else { return nil }
      self.modes = modes
    }

    init(modes: [LabelMode]) { self.modes = modes }

    var defaultValueDescription: String { modes.map(\.rawValue).joined(separator: ",") }
  }

  @Option(help: ArgumentHelp("The kinds of label: hard, smooth, soft, each at most once.", valueName: "mode,mode,…"))
  var labels = ModeList(modes: LabelMode.allCases)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Train each mode under N seeds, and print mean ± standard deviation.", valueName: "n"))
  var seeds = 1

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    guard (1...10_000).contains(seeds) else {
      throw ValidationError("--seeds must be from 1 to 10000, not \(seeds).")
    }
    guard options.seed <= UInt64.max - UInt64(seeds) else {
      throw ValidationError("--seed \(options.seed) leaves no room for \(seeds) seeds.")
    }
    try options.validate(for: labels.modes)
    if options.logEvery != nil && options.metrics == nil {
      throw ValidationError("--log-every is for --metrics: 'compare' prints no running loss.")
    }
  }

  func run() throws {
    try reportingFailures {
      let arms = (options.seed..<options.seed + UInt64(seeds)).flatMap { seed in
        labels.modes.map { Experiment.Arm(labels: $0, seed: seed) }
      }
      let savePaths = options.save.map { save in arms.map { Self.path(save, of: $0) } } ?? []
      for path in savePaths + [options.metrics].compactMap({ $0 }) { try FileWriting.checkWritable(path) }
      var experiment = try options.experiment()
      // Opened, and so emptied, only once all inputs are read.
      var observer = try RunObserver(
        style: options.quiet ? .quiet : .comparison, namesArms: true, metricsPath: options.metrics)
      if !options.quiet {
        print(try describe(experiment))
        // Before the lines on standard error, also through a pipe.
        fflush(nil)
      }
      var results: [Experiment.Result] = []
      for arm in arms {
        let result = try experiment.run(arm) { event in
          if case .trained(let arm, let parameters) = event, let save = options.save {
            try FileWriting.write(Safetensors.bytes(of: parameters), to: Self.path(save, of: arm))
          }
          try observer.observe(event)
        }
        results.append(result)
        if options.epochs > 0 { warnOfNaN(result) }
      }
      print(ComparisonTable.text(results))
      if let differences = PairedTable.text(results) { print("\n\(differences)") }
    }
  }

  /// `weights.safetensors` becomes `weights-hard-0.safetensors`.
  static func path(_ path: String, of arm: Experiment.Arm) -> String {
    let url = URL(fileURLWithPath: path)
    let name = "\(url.deletingPathExtension().lastPathComponent)-\(arm.labels.rawValue)-\(arm.seed)"
    let folder = url.deletingLastPathComponent()
    return folder.appendingPathComponent(url.pathExtension.isEmpty ? name : "\(name).\(url.pathExtension)").path
  }

  private func describe(_ experiment: Experiment) throws -> String {
    let (training, test) = (experiment.training, experiment.test)
    var lines = [
      "\(training.name): \(training.count) training and \(test.count) test images, \(training.classCount) classes",
      "\(options.model.model.rawValue) network, \(options.epochs) \(options.epochs == 1 ? "epoch" : "epochs"), batches of \(options.batchSize), "
        + "learning rate \(options.learningRate), momentum \(options.momentum)",
    ]
    lines.append(contentsOf: try describeLoss(experiment))
    if let noise = options.labelNoise {
      lines.append("label noise: \(noise), seed \(options.noiseSeed ?? 0); test labels are as they were")
    }
    if let labelled = options.labelled { lines.append("only the first \(labelled) images keep their labels") }
    if labels.modes.contains(.soft) {
      let source =
        switch experiment.softLabels {
        case .dataset: "the data set's own distributions"
        case .rows: "the rows of \(options.softLabels ?? "a file")"
        case .teacher: "the distributions of the teacher in \(options.teacher ?? "a file")"
        case .trainedTeacher: "the distributions of a teacher trained on the hard labels"
        }
      lines.append("soft labels: \(source)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The loss, its class weights, and what its mean divides by.
  private func describeLoss(_ experiment: Experiment) throws -> [String] {
    let loss = try options.loss
    var lines = ["loss: \(loss.summary)"]
    let others = labels.modes.filter { !Experiment.accepts($0, experiment.loss) }.map(\.rawValue)
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
      let count = experiment.training.labels.prefix(options.labelled ?? .max).count { Int($0) == ignored }
      lines.append("class \(ignored) is ignored: \(count) of the training images, and all of its test images")
    }
    return lines
  }
}
