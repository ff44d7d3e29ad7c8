import ArgumentParser
import Martlet
import MartletData
import MartletTraining

/// Everything about training that `run` and `compare` share.
struct TrainingOptions: ParsableArguments {
  /// Its flags stand in front of all others by the time that these are parsed: ``RecipeExpansion``.
  @Option(
    help: ArgumentHelp(
      "A set of flags under a name, which all flags that are typed win over: "
        + RecipeCatalog.all.map(\.name).joined(separator: ", ") + "; 'train recipes' says what they are.",
      valueName: "name"))
  var recipe: String?

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Network") var model: ModelOptions

  @Option(
    name: .customLong("loss"),
    help: ArgumentHelp("The loss, with its parameters; 'train losses' lists them.", valueName: "name:x=1,y"))
  var lossText = "cross-entropy"

  @Option(
    help: ArgumentHelp(
      "One weight a class, as .npy or text; or 'balanced', so that all classes count alike.", valueName: "file"))
  var classWeights: String?

  @Option(
    help: ArgumentHelp(
      "Make training labels wrong: 'symmetric:0.4', 'pairwise:0.2', or an .npy matrix of what each class becomes.",
      valueName: "kind:rate|file"))
  var labelNoise: String?

  @Option(parsing: .unconditional, help: ArgumentHelp("The seed of --label-noise (default: 0).", valueName: "n"))
  var noiseSeed: UInt64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("A class whose images losses leave out, and tests do not count.", valueName: "class"))
  var ignoreIndex: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Label smoothing of 'smooth', 0 to 1 (default: 0.1).", valueName: "ε"))
  var smoothing: Float?

  @Option(help: ArgumentHelp("Soft labels: .npy or IDX, one row for each training image.", valueName: "file"))
  var softLabels: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Take soft labels whose rows do not sum to 1, or have negative elements.")
  var allowUnnormalized = false

  @Option(
    help: ArgumentHelp(
      "A teacher's weights: its distributions are the soft labels. It has the student's network and normalisation.",
      valueName: "file"))
  var teacher: String?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Train a teacher first, even if the data set has distributions of its own.")
  var trainTeacher = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Train N teachers, each without one N-th of the labelled images, which it then labels.", valueName: "n"))
  var teacherFolds: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes of a teacher (default: --epochs).", valueName: "n"))
  var teacherEpochs: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What a teacher's logits are divided by, and the student's are not (default: 1).", valueName: "T"))
  var temperature: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only N training images keep their labels; 'soft' gives the others soft labels.", valueName: "n")
  )
  var labelled: Int?

  @Option(help: "Which ones: as many of each class, any, both drawn by the seed; or the first ones.")
  var labelledChoice: LabelledChoice = .balanced

  @OptionGroup(title: "Pseudo-labels") var pseudo: PseudoLabelOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("Passes over the training images.", valueName: "n"))
  var epochs = 2

  @Option(parsing: .unconditional, help: ArgumentHelp("Images a step.", valueName: "n"))
  var batchSize = 4

  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Images") var images: ImageOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Hold that share of the labelled training images out, drawn by the seed, and test on them after each epoch; the weights of the best "
        + "epoch are kept.",
      valueName: "x"))
  var validation: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End training after N epochs without a better one on the images of --validation.", valueName: "n"))
  var patience: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("The seed of initial weights and batch order.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Threads (default: one for each processor, as far as there is work for them); 'compare' has as many trainings side by side. Results do not depend on it.",
      valueName: "n"))
  var threads: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Train on the first N images only.", valueName: "n"))
  var limit: Int?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Draw an order of the images for each epoch, or take them as they are stored.")
  var shuffle = true

  @Option(name: .customLong("init"), help: ArgumentHelp("Initial weights.", valueName: "file.safetensors"))
  var initialWeights: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Let the first convolution whiten patches of the first N training images, and freeze its weights; with --init, they are those of the "
        + "file.",
      valueName: "n"))
  var whiten: Int?

  @Option(
    help: ArgumentHelp(
      "Where to write the trained weights; 'compare' writes a file for each training, with arm and seed in the name.",
      valueName: "file.safetensors"))
  var save: String?

  @Option(help: ArgumentHelp("Where to write what happens, one JSON object a line.", valueName: "file.jsonl"))
  var metrics: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps from one line of running loss to the next (default: 2000).", valueName: "steps"))
  var logEvery: Int?

  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Print results alone.")
  var quiet = false

  /// Refuses values that make no sense, whatever the labels.
  ///
  /// This is no `validate()`: with a configuration file, flags alone need not make sense.
  func check() throws {
    try data.check()
    try model.check()
    try pseudo.check()
    func check(_ flag: String, _ value: Int?, atLeast minimum: Int, atMost maximum: Int = .max) throws {
      guard let value, value < minimum || value > maximum else { return }
      let limit = maximum == .max ? "at least \(minimum)" : "from \(minimum) to \(maximum)"
      throw ValidationError("\(flag) must be \(limit), not \(value).")
    }
    func check(_ flag: String, _ value: Float?, in range: ClosedRange<Float>, _ words: String) throws {
      guard let value, !range.contains(value) else { return }
      throw ValidationError("\(flag) must be \(words), not \(value).")
    }
    try check("--epochs", epochs, atLeast: 0, atMost: 1_000_000)
    try check("--batch-size", batchSize, atLeast: 1, atMost: 65536)
    try check("--threads", threads, atLeast: 1, atMost: 1024)
    try check("--limit", limit, atLeast: 1)
    try check("--labelled", labelled, atLeast: 1)
    try check("--teacher-folds", teacherFolds, atLeast: 2, atMost: 1000)
    try check("--teacher-epochs", teacherEpochs, atLeast: 0, atMost: 1_000_000)
    try check("--log-every", logEvery, atLeast: 1)
    try optimization.check()
    try images.check(batchSize: batchSize)
    try check("--whiten", whiten, atLeast: 1)
    if let validation, !(validation > 0 && validation < 1) {
      throw ValidationError("--validation must be above 0 and below 1, not \(validation).")
    }
    try check("--patience", patience, atLeast: 1)
    if patience != nil && validation == nil { throw ValidationError("--patience is for --validation.") }
    try check("--smoothing", smoothing, in: 0...1, "from 0 to 1")
    try check("--temperature", temperature, in: 1e-6...1e6, "from 0.000001 to 1000000")
    let loss = try self.loss
    if classWeights != nil && !loss.entry.takesClassWeights {
      let names = LossCatalog.all.filter(\.takesClassWeights).map(\.name)
      throw ValidationError(
        "--class-weights is for \(names.joined(separator: ", ")); \(loss.entry.name) takes no weights.")
    }
    if labelledChoice != .balanced && labelled == nil { throw ValidationError("--labelled-choice is for --labelled.") }
    if classWeights == "balanced" && labelled != nil && labelledChoice != .first {
      throw ValidationError(
        "--class-weights balanced counts the labels, and which there are depends on the seed; add --labelled-choice first, or "
          + "name a file of weights.")
    }
    if pseudo.unlabelledBatchSize != nil && labelled == nil {
      throw ValidationError("--unlabelled-batch-size needs --labelled: without it, all images have labels.")
    }
    _ = try noiseRate
    if noiseSeed != nil && labelNoise == nil { throw ValidationError("--noise-seed is for --label-noise.") }
  }

  /// The steps from one line of running loss to the next.
  var reportInterval: Int { logEvery ?? 2000 }

  /// The loss that was asked for.
  var loss: LossSelection {
    get throws {
      do throws(ChoiceError) {
        return try LossSelection(lossText)
      } catch {
        throw ValidationError("--loss: \(error) 'train losses' says more.")
      }
    }
  }

  /// The label noise that was asked for by its rate; nil if there is none, or a file's.
  var noiseRate: LabelNoise? {
    get throws {
      guard let labelNoise else { return nil }
      let words = labelNoise.split(separator: ":", omittingEmptySubsequences: false)
      guard words.count == 2, ["symmetric", "pairwise"].contains(words[0]) else { return nil }
      guard let rate = Double(words[1]), (0...1).contains(rate) else {
        throw ValidationError("--label-noise \(words[0]) takes a rate from 0 to 1, not '\(words[1])'.")
      }
      return words[0] == "symmetric" ? .symmetric(rate: rate) : .pairwise(rate: rate)
    }
  }

  /// Refuses flags that the chosen kinds of label would ignore.
  func check(for modes: [LabelMode]) throws {
    try check()
    if allowUnnormalized && softLabels == nil {
      throw ValidationError("--allow-unnormalized is for --soft-labels.")
    }
    try checkUse(in: modes)
    if softLabels != nil || teacher != nil {
      for (name, isSet) in [("--teacher-folds", teacherFolds != nil), ("--teacher-epochs", teacherEpochs != nil)]
      where isSet {
        throw ValidationError("\(name) is for a teacher that is trained; here one is given, or its labels are.")
      }
    }
    let loss = try self.loss
    if !modes.contains(where: { $0.isTaken(by: loss.loss(classWeights: nil)) }) {
      throw ValidationError(
        "--loss \(loss.entry.name) does not take --labels \(modes[0].rawValue); it needs --labels soft.")
    }
    if images.mixup != nil || images.cutmix != nil,
      modes.contains(where: { !$0.takesMixtures(loss.loss(classWeights: nil)) })
    {
      throw ValidationError(
        "\(images.mixup == nil ? "--cutmix" : "--mixup") makes soft labels out of two, which --loss \(loss.entry.name) does not "
          + "take as they are."
      )
    }
    if allowUnnormalized && loss.temperature != nil {
      throw ValidationError(
        "--allow-unnormalized does not go with --loss \(loss.entry.name), which needs distributions.")
    }
    if let wanted = loss.temperature, let temperature, wanted != temperature {
      throw ValidationError(
        "--temperature is \(temperature), but --loss \(loss.entry.name) has the temperature \(wanted), for both sides; write "
          + "--loss \(loss.entry.name):temperature=\(temperature).")
    }
    let sources = [
      ("--soft-labels", softLabels != nil), ("--teacher", teacher != nil), ("--train-teacher", trainTeacher),
    ]
    .filter(\.1).map(\.0)
    if sources.count > 1 {
      throw ValidationError("Soft labels come from one place: choose between \(sources.joined(separator: " and ")).")
    }
    if softLabels != nil && temperature != nil {
      throw ValidationError("--temperature is for a teacher; the rows of --soft-labels are taken as they are.")
    }
    try checkWrittenFiles()
  }
}
