import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletReports
import MartletTraining
import Synchronization

/// `train compare`: the same network under several kinds of label.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Train the same network under several kinds of label, and print one table.",
    discussion: """
      All arms start from the same weights and see the images in the same order, seed by seed. Arms are kinds of label, or whole
      configurations out of a file (--config). With --output, finished trainings are kept, and the command goes on where it was
      stopped.
      """)

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
    help: ArgumentHelp(
      "A file with flags as keys, and arms that differ in some of them. Flags that are typed win over it.",
      valueName: "file.yaml"))
  var config: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Train each arm under N seeds, and print mean ± standard deviation.", valueName: "n"))
  var seeds = 1

  @Option(
    help: ArgumentHelp(
      "Where to keep results: report.html, JSON, CSV, curves for TensorBoard. The same again goes on where it was stopped.",
      valueName: "dir"))
  var output: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help:
      "Train one network after another, with all threads, rather than several side by side: slower, with fairer seconds."
  )
  var oneByOne = false

  /// The labels of all arms of a file: a flag must make sense for one of them.
  @Option(help: .hidden)
  var labelsOfAllArms: ModeList?

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    // Flags that complete a file make sense together with it alone.
    guard config == nil else { return }
    guard (1...10_000).contains(seeds) else {
      throw ValidationError("--seeds must be from 1 to 10000, not \(seeds).")
    }
    guard options.seed <= UInt64.max - UInt64(seeds) else {
      throw ValidationError("--seed \(options.seed) leaves no room for \(seeds) seeds.")
    }
    try options.check(for: labelsOfAllArms?.modes ?? labels.modes)
    if options.logEvery != nil && options.metrics == nil {
      throw ValidationError("--log-every is for --metrics: 'compare' prints no running loss.")
    }
  }

  func run() throws {
    try reportingFailures {
      let plan = try ComparisonPlan(self, arguments: Array(CommandLine.arguments.dropFirst(2)))
      try plan.whole.run(plan.arms)
    }
  }

  /// Runs `arms` under these flags, which hold for all of them.
  private func run(_ arms: [ComparisonPlan.Arm]) throws {
    let allSeeds = Array(options.seed..<options.seed + UInt64(seeds))
    let workers = oneByOne ? 1 : min(options.threads ?? ThreadTeam.processorCount, arms.count * seeds)
    let images = try options.datasets()
    let comparison = Comparison(
      arms: try arms.map {
        Comparison.Arm($0.name, try $0.options.experiment(images, for: $0.labels, workers: workers), $0.labels)
      },
      seeds: allSeeds)
    for path in writtenPaths(of: comparison) { try FileWriting.checkWritable(path) }
    let test = comparison.arms[0].experiment.test
    let folder = output.map { ComparisonFolder($0) }
    let description = ComparisonDescription(
      images: .init(training: images.training, test: test), platform: .current,
      arms: arms.map { .init(name: $0.name, labels: $0.labels, settings: $0.settings) }, seeds: allSeeds,
      startTime: Date().timeIntervalSince1970)
    let done = try folder?.open(description, test: test) ?? []
    if let output { try writeConfiguration(of: arms, to: output) }
    // Opened, and so emptied, only once all inputs are read.
    let observer = Mutex(
      try RunObserver(
        style: options.quiet ? .quiet : .comparison, namesTrials: true, metricsPath: options.metrics))
    if !options.quiet {
      print(try ComparisonHeading(arms: arms, comparison: comparison, options: options).text)
      if !done.isEmpty { print("\(done.count) of \(comparison.trials.count) trainings were done before.\n") }
      // Before the lines on standard error, also through a pipe.
      fflush(nil)
    }
    let signals = Interruption.start()
    defer { withExtendedLifetime(signals) {} }
    let results = try comparison.run(
      done: done, workers: workers, threads: options.threads, keepsCurves: folder != nil,
      shouldStop: { Interruption.isWanted }
    ) { trial, event in
      try keep(event, of: trial, in: folder, classCount: test.classCount)
      try observer.withLock { try $0.observe(trial, event) }
    }
    observer.withLock { $0.clear() }
    for result in results where options.epochs > 0 { warnOfNaN(result) }
    try show(results, of: comparison, description, folder, test)
  }

  /// Prints the tables, and writes the report.
  private func show(
    _ results: [TrialResult], of comparison: Comparison, _ description: ComparisonDescription,
    _ folder: ComparisonFolder?,
    _ test: Dataset
  ) throws {
    let isComplete = results.count == comparison.trials.count
    if !results.isEmpty {
      print(ComparisonTable.text(results))
      if let differences = PairedTable.text(results) { print("\n\(differences)") }
      print("\n\(ComparisonTable.costs(results))")
    }
    if let folder, !results.isEmpty {
      try folder.storePictures(of: results, test)
      try folder.writeReport(try folder.record)
      if !options.quiet { print("\nThe report is \(folder.file("report.html")).") }
    }
    guard !isComplete else { return }
    fflush(nil)
    standardError(
      "Stopped: \(results.count) of \(comparison.trials.count) trainings are done. "
        + (folder.map { "They are kept in \($0.path); the same command again goes on from there." }
          ?? "Nothing is kept without --output."))
    throw ExitCode(Interruption.status)
  }

  /// Writes what belongs to a trial alone.
  private func keep(_ event: TrialEvent, of trial: Trial, in folder: ComparisonFolder?, classCount: Int) throws {
    switch event {
    case .trained(_, let parameters):
      if let save = options.save {
        try FileWriting.write(Safetensors.bytes(of: parameters), to: Self.path(save, of: trial))
      }
    case .softLabels(_, _, let rows):
      if let path = options.pseudo.saveSoftLabels {
        try SoftLabels.write(rows, classCount: classCount, to: Self.path(path, of: trial))
      }
    case .result(let result): try folder?.store(result, classCount: classCount)
    default: break
    }
  }

  private func writtenPaths(of comparison: Comparison) -> [String] {
    let perTrial = [options.save, options.pseudo.saveSoftLabels].compactMap { $0 }
    return perTrial.flatMap { path in comparison.trials.map { Self.path(path, of: $0) } }
      + [options.metrics].compactMap { $0 }
  }

  /// `weights.safetensors` becomes `weights-hard-0.safetensors`.
  static func path(_ path: String, of trial: Trial) -> String {
    let url = URL(fileURLWithPath: path)
    let name = "\(url.deletingPathExtension().lastPathComponent)-\(ComparisonFolder.fileName(trial))"
    let folder = url.deletingLastPathComponent()
    return folder.appendingPathComponent(url.pathExtension.isEmpty ? name : "\(name).\(url.pathExtension)").path
  }

  /// Writes what was decided, as a file for `--config`: what all arms share first, and then the arms.
  private func writeConfiguration(of arms: [ComparisonPlan.Arm], to folder: String) throws {
    let settings = arms.map { Dictionary($0.settings.map { ($0.name, $0.value) }) { $1 } }
    let names = arms.flatMap { $0.settings.map(\.name) }.reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    // Comparisons as a whole have one data set; everything else may differ.
    let shared = names.filter { name in settings.allSatisfy { $0[name] != nil && $0[name] == settings[0][name] } }
    let text = try ConfigurationText.yaml(
      common: [("seeds", "\(seeds)"), ("seed", "\(options.seed)")] + shared.map { ($0, settings[0][$0] ?? "") },
      arms: zip(arms, settings).map { arm, values in
        [("name", arm.name), ("labels", arm.labels.rawValue)]
          + names.filter { !shared.contains($0) }.compactMap { name in values[name].map { (name, $0) } }
      })
    try FileWriting.write(Array(text.utf8), to: "\(folder)/configuration.yaml")
  }
}
