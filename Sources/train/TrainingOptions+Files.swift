import Martlet
import MartletData
import MartletTraining

/// What the flags say about images and labels: files, and what shows only once the images are known.
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

  /// Where soft labels come from, by the flags and the data set.
  ///
  /// - Parameter recipe: that of a teacher which is trained.
  func softLabelSource(_ training: Dataset, _ recipe: Recipe) throws -> LabelSettings.Source {
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
  func readClassWeights(_ training: Dataset) throws -> [Float]? {
    guard let classWeights else { return nil }
    guard classWeights == "balanced" else {
      return try ClassWeights.read(path: classWeights, classCount: training.classCount)
    }
    return try ClassWeights.balanced(
      training.labels.prefix(labelled ?? training.count), classNames: training.classNames, ignoreIndex: ignoreIndex)
  }

  /// Refuses to keep labels that are not there, and to ignore a class that is not there, or all there is.
  func checkLabels(_ training: Dataset, _ test: Dataset) throws {
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
  func readNoise(_ training: Dataset) throws -> LabelSettings.Noise? {
    guard let labelNoise else { return nil }
    let kind = try noiseRate ?? LabelNoise.matrix(path: labelNoise, classCount: training.classCount)
    return LabelSettings.Noise(kind, seed: noiseSeed ?? 0)
  }
}
