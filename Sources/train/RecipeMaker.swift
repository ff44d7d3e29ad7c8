import Martlet
import MartletData
import MartletTraining

/// From flags to recipes, and what shows only once the data is known. Each network is recorded once, however many arms train it.
struct RecipeMaker {
  /// What tells networks apart.
  private struct NetworkKey: Hashable {
    let model: String
    let endsInLogProbabilities: Bool
  }

  let images: (training: Dataset, test: Dataset)
  /// How many trainings go on at a time.
  let workers: Int
  /// The seeds that recipes are trained under; nil for that of the flags.
  let seeds: [UInt64]?
  /// A recipe with each network that was recorded.
  private var recorded: [NetworkKey: Recipe] = [:]

  init(images: (training: Dataset, test: Dataset), workers: Int = 1, seeds: [UInt64]? = nil) {
    self.images = images
    self.workers = workers
    self.seeds = seeds
  }

  /// Reads all other files that the flags name, and puts an arm's recipe together.
  ///
  /// - Parameters:
  ///   - name: what the arm is called.
  ///   - options: its flags.
  ///   - mode: its labels: files and flags of soft labels are left alone where nobody needs them.
  mutating func recipe(_ name: String, _ options: TrainingOptions, for mode: LabelMode) throws -> Recipe {
    let noise = try options.readNoise(images.training)
    let training = noise.map { images.training.with($0.kind, seed: $0.seed) } ?? images.training
    try options.checkLabels(training, images.test)
    let normalization = try options.data.normalization(for: training.imageShape)
    var recipe = try recordedRecipe(options)
    recipe.name = name
    recipe.normalization = normalization
    recipe.configuration.epochs = options.epochs
    recipe.configuration.batchSize = min(options.batchSize, training.count)
    recipe.configuration.shuffles = options.shuffle
    try configure(&recipe, options)
    recipe.labels.noise = noise
    recipe.labels.labelled = options.labelled.map(options.labelledChoice.subset) ?? .all
    recipe.labels.ignoreIndex = options.ignoreIndex
    recipe.testTimeAugmentation = options.images.tta
    try options.images.check(training.imageShape)
    try checkMemory(of: recipe, options)

    let asked = try options.loss.loss(classWeights: try options.readClassWeights(training))
    recipe.initialParameters = try options.initialWeights.map {
      try Safetensors.read(path: $0, like: Parameters(of: recipe.network, seed: options.seed))
    }
    // Some losses take soft labels alone: other arms have cross-entropy.
    recipe.loss = mode.isTaken(by: asked) ? asked : CrossEntropy()
    switch mode {
    case .hard: break
    case .smooth:
      let smoothing = options.smoothing ?? 0.1
      if let smoothed = recipe.loss.smoothingItself(by: smoothing) {
        recipe.loss = smoothed
      } else {
        recipe.labels.source = .smoothed(by: smoothing)
      }
    case .soft:
      // A teacher's distribution is the softmax of its outputs, so its loss must be one that trains that.
      var teacher = recipe
      teacher.loss = asked.isOfSoftmax && asked.takesIndices ? asked : CrossEntropy()
      teacher.configuration.epochs = options.teacherEpochs ?? options.epochs
      recipe.labels.source = try options.softLabelSource(training, teacher)
      recipe.labels.temperature = try options.temperature ?? options.loss.temperature ?? 1
      recipe.labels.pseudoLabelling = options.pseudo.settings
    }
    try checkNumbers(of: recipe, options)
    return recipe
  }

  /// A recipe with the network that the flags ask for, and nothing else of them.
  private mutating func recordedRecipe(_ options: TrainingOptions) throws -> Recipe {
    let outputLayer = try options.loss.outputLayer
    let key = NetworkKey(model: options.model.setting, endsInLogProbabilities: outputLayer != nil)
    if let known = recorded[key] { return known }
    let shape = images.training.imageShape
    let network = try options.model.network(
      inputShape: shape, classCount: images.training.classCount, outputLayer: outputLayer)
    let recipe = Recipe("", network: network)
    recorded[key] = recipe
    return recipe
  }

  /// Sets what becomes of weights and images in a step.
  private func configure(_ recipe: inout Recipe, _ options: TrainingOptions) throws {
    let (optimization, images) = (options.optimization, options.images)
    recipe.configuration.optimizer = try optimization.optimizer
    recipe.configuration.schedule = try optimization.learningRateSchedule
    recipe.configuration.groups = try optimization.parameterGroups
    recipe.configuration.lookahead = try optimization.slowWeights
    recipe.configuration.averaging = optimization.averaging
    recipe.configuration.maximumGradientNorm = optimization.clipNorm
    recipe.configuration.maximumGradientValue = optimization.clipValue
    recipe.configuration.augmentations = try images.augmentations
    recipe.configuration.mixup = images.mixup.map { Mixup(alpha: $0) }
    recipe.configuration.cutmix = images.cutmix.map { CutMix(alpha: $0) }
    recipe.configuration.validation = options.validation.map { ValidationSplit(share: $0, patience: options.patience) }
    for group in recipe.configuration.groups {
      guard !recipe.network.parameters.contains(where: group.contains) else { continue }
      let what = group.selection.name.map { "parameter '\($0)'" } ?? "parameters of one of these kinds"
      throw UsageError(
        description: "--groups: the network has no \(what); it has "
          + "\(recipe.network.parameters.map(\.name).joined(separator: ", ")).")
    }
    if let muon = recipe.configuration.optimizer as? Muon, !recipe.network.parameters.contains(where: muon.updatesWhole)
    {
      throw UsageError(
        description:
          "--optimizer \(optimization.optimizerText): 'matrices' chooses no weights of two sizes or more; the network has "
          + "\(recipe.network.parameters.filter { $0.shape.rank >= 2 }.map(\.name).joined(separator: ", ")).")
    }
    if let count = options.whiten { try whiten(&recipe, by: count, options) }
    let groups = recipe.configuration.groups
    let isAllFrozen = recipe.network.parameters.filter { $0.role != .statistic }.allSatisfy { parameter in
      groups.last { $0.isFrozen != nil && $0.contains(parameter) }?.isFrozen ?? false
    }
    if isAllFrozen { throw UsageError(description: "--groups freezes all parameters, so there is nothing to train.") }
  }

  /// Lets the first convolution whiten images, unless its weights come from a file.
  private func whiten(_ recipe: inout Recipe, by count: Int, _ options: TrainingOptions) throws {
    guard let first = recipe.network.parameters.first, first.shape.rank == 4 else {
      throw UsageError(
        description:
          "--whiten is for networks that start with a convolution; --model \(options.model.setting) does not.")
    }
    let most = 2 * first.shape[1] * first.shape[2] * first.shape[3]
    guard first.shape[0] <= most else {
      throw UsageError(
        description: "--whiten makes \(most) channels of these images at most, but \(first.name) has \(first.shape[0])."
      )
    }
    if options.initialWeights == nil { recipe.whitening = Whitening(first.name, imageCount: count) }
    recipe.configuration.groups.append(ParameterGroup(.named(first.name), isFrozen: true))
  }

  /// Refuses what leaves too few images: to train on, to validate on, or in an epoch's last step.
  private func checkNumbers(of recipe: Recipe, _ options: TrainingOptions) throws {
    for seed in seeds ?? [options.seed] {
      guard let problem = recipe.problem(training: images.training, seed: seed) else {
        // Where nothing is drawn, numbers are those of the first seed.
        if options.labelled == nil && options.teacherFolds == nil { return }
        continue
      }
      let sentence =
        switch problem {
        case .tooFewToHoldOut(let count):
          "--validation needs two images with labels or more, to train on one and hold out the other; here "
            + (count == 1 ? "is 1." : "are \(count).")
        case .noImageLeft(let label):
          "--validation \(options.validation ?? 0) leaves no image of class '\(images.training.classNames[label])' to train on."
        case .smallStep(let count, let needed):
          "--batch-size \(options.batchSize) leaves \(count) image to the smallest step of an epoch, but this network's batch "
            + "normalisation needs \(needed)."
        }
      throw UsageError(description: sentence)
    }
  }

  private func checkMemory(of recipe: Recipe, _ options: TrainingOptions) throws {
    let threadCount = options.threads ?? ThreadTeam.processorCount
    let training = TrainingPlan.memorySize(
      of: recipe.network,
      batchSize: recipe.configuration.batchSize + (options.pseudo.unlabelledBatchSize ?? 0),
      optimizer: recipe.configuration.optimizer, threadCount: threadCount,
      clipsGradients: options.optimization.clipNorm != nil)
    let test = InferencePlan.memorySize(
      of: recipe.network, batchSize: min(256, images.test.count), threadCount: threadCount)
    try train.checkMemory(workers * max(training, test))
  }
}
