import MartletTraining

/// A flag of `train compare`, and all that the program knows of it beside its meaning.
///
/// Configuration files, the settings that are written down with results, checksums of files, and conflicts follow from
/// ``all``: a flag has to be there once, and a test compares the list with the flags that are parsed.
struct FlagEntry: Sendable {
  /// Where it may stand, beside the command line.
  enum Scope: Sendable {
    /// In a configuration file, above the arms or in one of them.
    case arm
    /// In a configuration file, above the arms: it belongs to the comparison as a whole.
    case whole
    /// On the command line alone.
    case typed
  }

  /// What happens to the file that it names.
  enum File: Sendable { case read, written }

  /// The name, without dashes.
  let name: String
  let scope: Scope
  /// The kind of label that alone has use for it; nil if all have.
  let only: LabelMode?
  let file: File?
  /// Whether it stands without a value.
  let standsAlone: Bool
  /// Whether results depend on it, so that it is written down with them.
  let isSetting: Bool
  /// What it is set to, as it would be typed; nil if it is not set, and its default is not worth a line.
  let value: @Sendable (TrainingOptions) -> String?
  /// Whether it was set to something else than its default.
  let isSet: @Sendable (TrainingOptions) -> Bool

  /// A flag that results depend on.
  private init(
    _ name: String, _ scope: Scope = .arm, only: LabelMode? = nil, reads file: Bool = false, standsAlone: Bool = false,
    isSet: (@Sendable (TrainingOptions) -> Bool)? = nil, value: @escaping @Sendable (TrainingOptions) -> String?
  ) {
    self.name = name
    self.scope = scope
    self.only = only
    self.file = file ? .read : nil
    self.standsAlone = standsAlone
    isSetting = true
    self.value = value
    self.isSet = isSet ?? { value($0) != nil }
  }

  /// A flag that says how a comparison runs, and what it writes.
  private init(
    running name: String, _ scope: Scope = .whole, only: LabelMode? = nil, standsAlone: Bool = false,
    writes path: (@Sendable (TrainingOptions) -> String?)? = nil
  ) {
    self.name = name
    self.scope = scope
    self.only = only
    file = path.map { _ in .written }
    self.standsAlone = standsAlone
    isSetting = false
    value = path ?? { _ in nil }
    isSet = { path?($0) != nil }
  }

  /// All flags, in the order in which settings are written down.
  static let all = data + labels + pseudoLabels + training + refinements + running

  /// The flag called `name`.
  static func named(_ name: String) -> FlagEntry? { all.first { $0.name == name } }

  private static let data = [
    FlagEntry("dataset", .whole) { $0.data.dataset.rawValue },
    FlagEntry("data", .whole) { $0.data.data },
    FlagEntry("normalization") { $0.data.normalizationSetting },
    FlagEntry("model") { $0.model.modelText },
    FlagEntry("hidden") { $0.model.hidden },
    FlagEntry("loss") { $0.lossText },
    FlagEntry("class-weights", reads: true) { $0.classWeights },
    FlagEntry("label-noise", reads: true) { $0.labelNoise },
    FlagEntry("noise-seed") { options in options.labelNoise.map { _ in "\(options.noiseSeed ?? 0)" } },
    FlagEntry("ignore-index", .whole) { text($0.ignoreIndex) },
  ]

  private static let labels = [
    FlagEntry("smoothing", only: .smooth, isSet: { $0.smoothing != nil }) { "\($0.smoothing ?? 0.1)" },
    FlagEntry("soft-labels", only: .soft, reads: true) { $0.softLabels },
    FlagEntry("allow-unnormalized", only: .soft, standsAlone: true) { text($0.allowUnnormalized) },
    FlagEntry("teacher", only: .soft, reads: true) { $0.teacher },
    FlagEntry("train-teacher", only: .soft, standsAlone: true) { text($0.trainTeacher) },
    FlagEntry("teacher-folds", only: .soft) { text($0.teacherFolds) },
    FlagEntry("teacher-epochs", only: .soft) { text($0.teacherEpochs) },
    FlagEntry("temperature", only: .soft) { text($0.temperature) },
    FlagEntry("labelled") { text($0.labelled) },
    FlagEntry("labelled-choice") { options in options.labelled.map { _ in options.labelledChoice.rawValue } },
  ]

  /// What becomes of soft labels before they are learnt from.
  static let pseudoLabels = [
    FlagEntry("pseudo-labels", only: .soft) { $0.pseudo.pseudoLabels == .soft ? nil : $0.pseudo.pseudoLabels.rawValue },
    FlagEntry("confidence", only: .soft) { text($0.pseudo.confidence) },
    FlagEntry("confidence-mean", only: .soft) { options in
      options.pseudo.confidence.map { _ in options.pseudo.confidenceMean.rawValue }
    },
    FlagEntry("unlabelled-weight", only: .soft) { text($0.pseudo.unlabelledWeight) },
    FlagEntry("ramp", only: .soft) { $0.pseudo.ramp?.defaultValueDescription },
    FlagEntry("unlabelled-batch-size", only: .soft) { text($0.pseudo.unlabelledBatchSize) },
    FlagEntry("rounds", only: .soft) { $0.pseudo.rounds == 1 ? nil : "\($0.pseudo.rounds)" },
    FlagEntry("keep-weights", only: .soft, standsAlone: true) { text($0.pseudo.keepWeights) },
  ]

  private static let training = [
    FlagEntry("epochs") { "\($0.epochs)" },
    FlagEntry("batch-size") { "\($0.batchSize)" },
    FlagEntry("optimizer") { $0.optimization.optimizerText == "sgd" ? nil : $0.optimization.optimizerText },
    FlagEntry("learning-rate") { "\($0.optimization.learningRate)" },
    FlagEntry("momentum") { $0.optimization.hasMomentum ? "\($0.optimization.momentum)" : nil },
    FlagEntry("weight-decay") { "\($0.optimization.weightDecay)" },
    FlagEntry("nesterov", standsAlone: true) { text($0.optimization.nesterov) },
    FlagEntry("clip-norm") { text($0.optimization.clipNorm) },
    FlagEntry("shuffle", standsAlone: true) { $0.shuffle ? nil : "false" },
    FlagEntry("limit", .whole) { text($0.limit) },
    FlagEntry("init", reads: true) { $0.initialWeights },
  ]

  /// What is worth a line of its own in what a comparison says before it starts.
  static let refinements = [
    FlagEntry("schedule") { $0.optimization.schedule },
    FlagEntry("groups") { $0.optimization.groups },
    FlagEntry("lookahead") { $0.optimization.lookahead },
    FlagEntry("ema") { text($0.optimization.ema) },
    FlagEntry("swa") { text($0.optimization.swa) },
    FlagEntry("clip-value") { text($0.optimization.clipValue) },
    FlagEntry("max-norm") { text($0.optimization.maxNorm) },
    FlagEntry("augment") { $0.images.augment },
    FlagEntry("mixup") { text($0.images.mixup) },
    FlagEntry("cutmix") { text($0.images.cutmix) },
    FlagEntry("tta") { $0.images.tta == .none ? nil : $0.images.tta.rawValue },
    FlagEntry("validation") { text($0.validation) },
    FlagEntry("patience") { text($0.patience) },
    FlagEntry("whiten") { text($0.whiten) },
  ]

  private static let running = [
    // An arm's labels are written down beside its settings, and seeds in the names of trials.
    FlagEntry(running: "labels", .arm), FlagEntry(running: "seeds"), FlagEntry(running: "seed"),
    // The settings that follow from a recipe are written down.
    FlagEntry(running: "recipe", .arm),
    FlagEntry(running: "save", writes: { $0.save }), FlagEntry(running: "metrics", writes: { $0.metrics }),
    FlagEntry(running: "save-soft-labels", only: .soft, writes: { $0.pseudo.saveSoftLabels }),
    FlagEntry(running: "output"), FlagEntry(running: "log-every"), FlagEntry(running: "threads"),
    FlagEntry(running: "one-by-one", standsAlone: true), FlagEntry(running: "quiet", standsAlone: true),
    FlagEntry(running: "config", .typed), FlagEntry(running: "version", .typed), FlagEntry(running: "help", .typed),
    FlagEntry(running: "help-hidden", .typed), FlagEntry(running: "generate-completion-script", .typed),
    FlagEntry(running: "experimental-dump-help", .typed),
  ]

  /// A value that may not be there, as text.
  private static func text(_ value: (some CustomStringConvertible)?) -> String? { value.map { "\($0)" } }

  /// Flags that are not set are not worth a line.
  private static func text(_ flag: Bool) -> String? { flag ? "true" : nil }
}
