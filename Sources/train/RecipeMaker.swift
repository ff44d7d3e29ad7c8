import Martlet
import MartletData
import MartletTraining

extension TrainingOptions {
  /// The images that the flags name; labels are as they are stored.
  func datasets() throws -> (training: Dataset, test: Dataset) {
    let training = try data.load(.train, limit: limit)
    let test = try data.load(.test)
    guard test.imageShape == training.imageShape else {
      throw DataFileError(
        .malformed, path: data.data ?? data.dataset.defaultFolders.joined(separator: " and "),
        reason: "The training images are \(training.imageShape), but the test images \(test.imageShape).",
        advice: "The files do not belong together.")
    }
    return (training, test)
  }
}

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
    recipe.configuration.optimizer = SGD(
      learningRate: options.learningRate, momentum: options.momentum, weightDecay: options.weightDecay,
      nesterov: options.nesterov)
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
      optimizer: recipe.configuration.optimizer, threadCount: threadCount)
    let test = InferencePlan.memorySize(
      of: recipe.network, batchSize: min(256, images.test.count), threadCount: threadCount)
    try train.checkMemory(workers * max(training, test))
  }
}

/// What the flags say about labels, once the images are known.
extension TrainingOptions {
  /// Where soft labels come from, by the flags and the data set.
  ///
  /// - Parameter recipe: that of a teacher which is trained.
  fileprivate func softLabelSource(_ training: Dataset, _ recipe: Recipe) throws -> LabelSettings.Source {
    let labelledCount = min(labelled ?? training.count, training.count)
    if let teacherFolds, teacherFolds > labelledCount {
      throw UsageError(description: "--teacher-folds is \(teacherFolds), but there are only \(labelledCount) labels.")
    }
    if pseudo.unlabelledBatchSize != nil && labelledCount == training.count {
      throw UsageError(
        description: "--unlabelled-batch-size is for images without labels; here all \(labelledCount) have one.")
    }
    if let softLabels { return .rows(try readSoftLabels(softLabels, training)) }
    if let teacher {
      let parameters = try Safetensors.read(path: teacher, like: Parameters(of: recipe.network, seed: seed))
      return .teacher(Classifier(recipe.network, parameters: parameters, normalization: recipe.normalization))
    }
    // A loss with a temperature wants a teacher's distributions at that temperature.
    let asksForTeacher = trainTeacher || teacherFolds != nil || teacherEpochs != nil
    let wantsTeacher = try asksForTeacher || labelled != nil || loss.temperature != nil
    if wantsTeacher || training.distributions == nil { return .trainedTeacher(recipe, folds: teacherFolds ?? 1) }
    guard temperature == nil else {
      throw UsageError(
        description: "--temperature is for a teacher; add --train-teacher, or name one with --teacher.")
    }
    return .dataset
  }

  /// The class weights that the flags ask for.
  fileprivate func readClassWeights(_ training: Dataset) throws -> [Float]? {
    guard let classWeights else { return nil }
    guard classWeights == "balanced" else {
      return try ClassWeights.read(path: classWeights, classCount: training.classCount)
    }
    return try ClassWeights.balanced(
      training.labels.prefix(labelled ?? training.count), classNames: training.classNames, ignoreIndex: ignoreIndex)
  }

  /// Refuses to keep labels that are not there, and to ignore a class that is not there, or all there is.
  fileprivate func checkLabels(_ training: Dataset, _ test: Dataset) throws {
    if let labelled, labelled > training.count {
      throw UsageError(description: "--labelled is \(labelled), but there are only \(training.count) training images.")
    }
    guard let ignoreIndex else { return }
    guard (0..<training.classCount).contains(ignoreIndex) else {
      throw UsageError(
        description: "--ignore-index is \(ignoreIndex), but the classes are 0 to \(training.classCount - 1).")
    }
    let known = labelledChoice == .first ? labelled ?? .max : .max
    for (labels, name) in [(test.labels[...], "test"), (training.labels.prefix(known), "training")] {
      guard labels.contains(where: { Int($0) != ignoreIndex }) else {
        throw UsageError(description: "--ignore-index \(ignoreIndex) leaves no \(name) image with a label.")
      }
    }
  }

  /// One row for each training image; with a limit, the file may have the rows of the images that are left out.
  private func readSoftLabels(_ path: String, _ training: Dataset) throws -> [Float] {
    let rows = try SoftLabels.read(
      path: path, classCount: training.classCount, allowsUnnormalizedRows: allowUnnormalized)
    let count = rows.count / training.classCount
    guard count == training.count || (limit != nil && count > training.count) else {
      throw DataFileError(
        .malformed, path: path,
        reason: "There are \(count) rows of soft labels, but \(training.count) training images.",
        advice: "The file needs one row for each image, in the images' order.")
    }
    return Array(rows.prefix(training.count * training.classCount))
  }

  /// The label noise that was asked for.
  fileprivate func readNoise(_ training: Dataset) throws -> LabelSettings.Noise? {
    guard let labelNoise else { return nil }
    let kind = try noiseRate ?? LabelNoise.matrix(path: labelNoise, classCount: training.classCount)
    return LabelSettings.Noise(kind, seed: noiseSeed ?? 0)
  }
}
