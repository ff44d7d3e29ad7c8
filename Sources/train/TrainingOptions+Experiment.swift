import Martlet
import MartletData
import MartletTraining

/// From flags to an experiment, and what shows only once the data is known.
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

  /// Reads all other files that the flags name, and puts the experiment together.
  ///
  /// - Parameters:
  ///   - images: the images.
  ///   - mode: the labels that it is for: files and flags of soft labels are left alone where nobody needs them.
  ///   - workers: how many trainings go on at a time.
  func experiment(
    _ images: (training: Dataset, test: Dataset), for mode: LabelMode, workers: Int = 1
  ) throws -> Experiment {
    let (training, test) = (try addNoise(to: images.training), images.test)
    if let labelled, labelled > training.count {
      throw UsageError(description: "--labelled is \(labelled), but there are only \(training.count) training images.")
    }
    try checkIgnoreIndex(training, test)
    let model = model.network.model(inputShape: training.imageShape, classCount: training.classCount)
    let optimizer = SGD(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
    let batchSize = min(batchSize, training.count)
    let threadCount = threads ?? ThreadTeam.processorCount
    try checkMemory(
      workers
        * max(
          TrainingPlan.memorySize(
            of: Network(model, inputShape: training.imageShape),
            batchSize: batchSize + (pseudo.unlabelledBatchSize ?? 0),
            optimizer: optimizer, threadCount: threadCount),
          InferencePlan.memorySize(
            of: Network(model, inputShape: training.imageShape), batchSize: min(256, test.count),
            threadCount: threadCount)))
    let expected = try Parameters(of: Network(model, inputShape: training.imageShape), seed: seed)

    let loss = try self.loss
    var labels = LabelSettings()
    labels.smoothing = smoothing ?? labels.smoothing
    labels.labelled = labelled.map(labelledChoice.subset) ?? .all
    labels.ignoreIndex = ignoreIndex
    if mode == .soft {
      labels.soft = try softLabelSource(training, expected)
      labels.temperature = temperature ?? loss.temperature ?? 1
      labels.teacherEpochs = teacherEpochs
      labels.pseudoLabelling = pseudo.settings
    }
    var configuration = TrainingConfiguration()
    configuration.epochs = epochs
    configuration.batchSize = batchSize
    configuration.optimizer = optimizer
    configuration.seed = seed
    configuration.shuffles = shuffle
    configuration.logEvery = logEvery ?? configuration.logEvery
    return Experiment(
      training: training, test: test, network: self.model.network, configuration: configuration,
      loss: loss.loss(classWeights: try readClassWeights(training)), fallbackLoss: CrossEntropy(),
      outputLayer: loss.outputLayer, labels: labels,
      initialParameters: try initialWeights.map { try Safetensors.read(path: $0, like: expected) })
  }

  /// Where soft labels come from, by the flags and the data set.
  private func softLabelSource(_ training: Dataset, _ expected: Parameters) throws -> LabelSettings.Source {
    let labelledCount = min(labelled ?? training.count, training.count)
    if let teacherFolds, teacherFolds > labelledCount {
      throw UsageError(description: "--teacher-folds is \(teacherFolds), but there are only \(labelledCount) labels.")
    }
    if pseudo.unlabelledBatchSize != nil && labelledCount == training.count {
      throw UsageError(
        description: "--unlabelled-batch-size is for images without labels; here all \(labelledCount) have one.")
    }
    if let softLabels { return .rows(try readSoftLabels(softLabels, training)) }
    if let teacher { return .teacher(try Safetensors.read(path: teacher, like: expected)) }
    // A loss with a temperature wants a teacher's distributions at that temperature.
    let wantsTeacher = try asksForTrainedTeacher || labelled != nil || loss.temperature != nil
    if wantsTeacher || training.distributions == nil { return .trainedTeacher(folds: teacherFolds ?? 1) }
    guard temperature == nil else {
      throw UsageError(
        description: "--temperature is for a teacher; add --train-teacher, or name one with --teacher.")
    }
    return .dataset
  }

  /// Whether a flag is there that only a trained teacher has use for.
  private var asksForTrainedTeacher: Bool { trainTeacher || teacherFolds != nil || teacherEpochs != nil }

  /// The class weights that the flags ask for.
  private func readClassWeights(_ training: Dataset) throws -> [Float]? {
    guard let classWeights else { return nil }
    guard classWeights == "balanced" else {
      return try ClassWeights.read(path: classWeights, classCount: training.classCount)
    }
    return try ClassWeights.balanced(
      training.labels.prefix(labelled ?? training.count), classNames: training.classNames, ignoreIndex: ignoreIndex)
  }

  /// Refuses to ignore a class that is not there, or all there is.
  private func checkIgnoreIndex(_ training: Dataset, _ test: Dataset) throws {
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

  /// `dataset` with the label noise that was asked for.
  private func addNoise(to dataset: Dataset) throws -> Dataset {
    guard let labelNoise else { return dataset }
    let noise = try noiseRate ?? LabelNoise.matrix(path: labelNoise, classCount: dataset.classCount)
    return dataset.with(noise, seed: noiseSeed ?? 0)
  }
}
