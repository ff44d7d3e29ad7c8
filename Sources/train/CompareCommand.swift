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
    abstract: "Train the same network under several kinds of label, and print tables.",
    discussion: """
      Seed by seed, all arms start from the same weights, and see the images that they share in the same order. \
      Arms are kinds of label, or whole configurations out of a file (--config). With --output, finished trainings \
      are kept, and the same command goes on where it was stopped.
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
      "Train one network after another, with all threads, rather than several side by side: slower, but their seconds can be compared."
  )
  var oneByOne = false

  /// The labels of all arms of a file, while one of them is read: a flag must make sense for one of them.
  @TaskLocal static var labelsOfAllArms: [LabelMode]?

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
    try options.check(for: Self.labelsOfAllArms ?? labels.modes)
    if output?.isEmpty ?? false { throw ValidationError("--output needs a folder's name.") }
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
    var recipes = RecipeMaker(images: images, workers: workers, seeds: allSeeds)
    let comparison = Comparison(
      try arms.map { try Self.recipe($0, of: arms, &recipes) }, training: images.training, test: images.test,
      seeds: allSeeds)
    let labels = Dictionary(uniqueKeysWithValues: arms.map { ($0.name, $0.labels) })
    let options = options
    let writtenPaths = { @Sendable (trial: Trial) in Self.writtenPaths(of: trial, labels[trial.recipe], options) }
    for path in comparison.trials.flatMap(writtenPaths) + [options.metrics].compactMap({ $0 }) {
      try FileWriting.checkWritable(path)
    }
    let test = comparison.test
    let folder = output.map { ComparisonFolder($0) }
    let lock = try folder.map { try FolderLock($0) }
    defer { withExtendedLifetime(lock) {} }
    let description = ComparisonDescription(
      images: .init(training: images.training, test: test), platform: .current,
      arms: arms.map {
        .init(
          name: $0.name, labels: $0.labels.rawValue, settings: $0.settings,
          files: $0.options.checksums(for: $0.labels))
      },
      seeds: allSeeds, startTime: Date().timeIntervalSince1970)
    // What was asked for beside the results is made again where it is missing, or is not what the trial wrote.
    let done =
      try folder?.open(description, test: test).filter { result in
        let (paths, files) = (writtenPaths(result.trial), try folder?.files(of: result.trial) ?? [:])
        let there = Self.checksums(paths)
        return paths.allSatisfy { there[$0] != nil && there[$0] == files[$0] }
      } ?? []
    if let output { try writeConfiguration(of: arms, to: output) }
    // Opened, and so emptied, only once all inputs are read; what goes on is added to.
    let observer = Mutex(
      try RunObserver(
        style: options.quiet ? .quiet : .comparison, namesTrials: true, labels: labels,
        metricsPath: options.metrics,
        done: done.map(\.trial)))
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
      logEvery: options.reportInterval, shouldStop: { Interruption.isWanted }
    ) { trial, event in
      try keep(event, of: trial, in: folder, description, writtenPaths(trial))
      try observer.withLock { try $0.observe(trial, event) }
    }
    observer.withLock { $0.clear() }
    for result in results where options.epochs > 0 {
      if let mode = labels[result.trial.recipe] { warnOfNaN(result, labels: mode) }
    }
    // Arm by arm, so that tables have them in their order also where some trials are missing.
    let sorted = comparison.recipes.flatMap { recipe in results.filter { $0.trial.recipe == recipe.name } }
    try show(sorted, of: comparison, folder, test)
  }

  /// Prints the tables, and writes the report.
  private func show(
    _ results: [TrialResult], of comparison: Comparison, _ folder: ComparisonFolder?, _ test: Dataset
  ) throws {
    let isComplete = results.count == comparison.trials.count
    if !results.isEmpty {
      // Arms that are kinds of label are called so.
      let isPlain = results.allSatisfy { LabelMode(rawValue: $0.trial.recipe) != nil }
      print(ComparisonTable.text(results, head: isPlain ? "labels" : "arm"))
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
    let place =
      if results.isEmpty {
        "Nothing is kept."
      } else if let folder {
        "They are kept in \(folder.path); the same command again goes on from there."
      } else {
        "Nothing is kept without --output."
      }
    standardError("Stopped: \(results.count) of \(comparison.trials.count) trainings are done. \(place)")
    throw ExitCode(Interruption.status)
  }

  /// Writes what belongs to a trial alone.
  private func keep(
    _ event: TrialEvent, of trial: Trial, in folder: ComparisonFolder?, _ description: ComparisonDescription,
    _ written: [String]
  ) throws {
    switch event {
    case .trained(_, let trained):
      if let save = options.save {
        try FileWriting.write(Safetensors.bytes(of: trained.parameters), to: Self.path(save, of: trial))
      }
    case .softLabels(_, _, let rows):
      if let path = options.pseudo.saveSoftLabels {
        try SoftLabels.write(
          rows, classCount: description.images.classNames.count, to: Self.path(path, of: trial))
      }
    case .result(let result): try folder?.store(result, of: description, files: Self.checksums(written))
    default: break
    }
  }

  /// CRC-32 of each file that is there.
  private static func checksums(_ paths: [String]) -> [String: UInt32] {
    paths.reduce(into: [:]) { checksums, path in
      checksums[path] = FileManager.default.contents(atPath: path).map { Deflater.checksum(Array($0)) }
    }
  }

  /// The files that a trial writes beside the results.
  private static func writtenPaths(
    of trial: Trial, _ labels: LabelMode?, _ options: TrainingOptions
  ) -> [String] {
    let soft = labels == .soft ? options.pseudo.saveSoftLabels : nil
    return [options.save, soft].compactMap { $0 }.map { path($0, of: trial) }
  }

  /// An arm's recipe; mistakes that show only now say whose they are.
  private static func recipe(
    _ arm: ComparisonPlan.Arm, of arms: [ComparisonPlan.Arm], _ recipes: inout RecipeMaker
  ) throws -> Recipe {
    do {
      return try recipes.recipe(arm.name, arm.options, for: arm.labels)
    } catch let error as UsageError where arms.contains(where: { $0.name != $0.labels.rawValue }) {
      throw UsageError(description: "Arm '\(arm.name)': \(error)")
    }
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
