import Martlet
import MartletData
import MartletTraining

/// From flags to recipes, and what shows only once the data is known. Each network is recorded once, however many arms train it.
struct RecipeMaker {
  /// What tells networks apart.
  private struct NetworkKey: Hashable {
    let hiddenSizes: [Int]?
    let endsInLogProbabilities: Bool
  }

  let images: (training: Dataset, test: Dataset)
  /// How many trainings go on at a time.
  let workers: Int
  /// A recipe with each network that was recorded.
  private var recorded: [NetworkKey: Recipe] = [:]

  init(images: (training: Dataset, test: Dataset), workers: Int = 1) {
    self.images = images
    self.workers = workers
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
    recipe.configuration.optimizer = options.chosenOptimizer
    recipe.configuration.maximumGradientNorm = options.clipNorm
    recipe.configuration.augmentations = options.augmentations
    recipe.configuration.mixup = options.mixup.map { Mixup(alpha: $0) }
    recipe.labels.noise = noise
    recipe.labels.labelled = options.labelled.map(options.labelledChoice.subset) ?? .all
    recipe.labels.ignoreIndex = options.ignoreIndex
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
    return recipe
  }

  /// A recipe with the network that the flags ask for, and nothing else of them.
  private mutating func recordedRecipe(_ options: TrainingOptions) throws -> Recipe {
    let outputLayer = try options.loss.outputLayer
    let key = NetworkKey(hiddenSizes: options.model.hiddenSizes, endsInLogProbabilities: outputLayer != nil)
    if let known = recorded[key] { return known }
    let shape = images.training.imageShape
    let logits = options.model.model(inputShape: shape, classCount: images.training.classCount)
    let model = outputLayer.map { Sequential(logits.parts + [$0]) } ?? logits
    let recipe = Recipe("", network: try Network(model, inputShape: shape))
    recorded[key] = recipe
    return recipe
  }

  private func checkMemory(of recipe: Recipe, _ options: TrainingOptions) throws {
    let threadCount = options.threads ?? ThreadTeam.processorCount
    let training = TrainingPlan.memorySize(
      of: recipe.network,
      batchSize: recipe.configuration.batchSize + (options.pseudo.unlabelledBatchSize ?? 0),
      optimizer: recipe.configuration.optimizer, threadCount: threadCount, clipsGradients: options.clipNorm != nil)
    let test = InferencePlan.memorySize(
      of: recipe.network, batchSize: min(256, images.test.count), threadCount: threadCount)
    try train.checkMemory(workers * max(training, test))
  }
}
