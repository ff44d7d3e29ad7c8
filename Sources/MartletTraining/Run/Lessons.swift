import Martlet
import MartletData
import Requirements

/// What a network is to learn: targets for all training images, and which of these it is trained on.
struct Lesson {
  let targets: Targets
  let examples: [Int]
  var unlabelled: UnlabelledImages?
}

/// The targets that a recipe makes of a data set's labels under one seed.
struct Lessons {
  /// The training images, with noisy labels if the recipe wants noise.
  let training: Dataset
  /// The training images that keep their labels, in rising order.
  let labelled: [Int]
  /// The labelled images that are held out, with the labels that they have in training.
  let validation: ValidationImages?
  private let settings: LabelSettings
  private let loss: any Loss

  init(_ recipe: Recipe, _ images: Dataset, seed: UInt64) {
    let noisy = recipe.labels.noise.map { images.with($0.kind, seed: $0.seed) } ?? images
    let known = recipe.labels.labelled.positions(in: noisy, seed: seed)
    settings = recipe.labels
    loss = recipe.loss
    training = noisy
    labelled = known
    validation = recipe.configuration.validation.map { split in
      let candidates = known.filter { Int(noisy.labels[$0]) != recipe.labels.ignoreIndex }
      return split.images(among: candidates, classCount: noisy.classCount, seed: seed) { Int(noisy.labels[$0]) }
    }
  }

  /// The images that keep their labels while others get soft ones; none where all labels are known, and replaced.
  var kept: [Int] { settings.labelled.count == nil ? [] : labelled }

  /// The part of each training image, where the labelled ones are cut into `folds` parts; -1 where an image has no label.
  func parts(of folds: Int, seed: UInt64) -> [Int] {
    let order = RandomSource(seed: seed).stream("folds").permutation(of: labelled.count)
    var parts = Array(repeating: -1, count: training.count)
    for (place, index) in order.enumerated() { parts[labelled[index]] = place % folds }
    return parts
  }

  /// The class indices, without those of the class to ignore.
  func hardTargets() throws -> Targets { ignoring(try training.hardTargets) }

  /// Leaves out the images whose label is known, and is the class to ignore.
  private func ignoring(_ targets: Targets) -> Targets {
    guard let ignoreIndex = settings.ignoreIndex else { return targets }
    return targets.ignoring(labelled.filter { Int(training.labels[$0]) == ignoreIndex })
  }

  /// What a student learns from soft labels, and how good these are.
  ///
  /// - Parameter rows: the distributions, (training images, classCount).
  func softLesson(_ rows: [Float]) throws -> (lesson: Lesson, rows: [Float], quality: PseudoLabelQuality?) {
    let unlabelled = unlabelledImages(rows).without(validation)
    let given =
      settings.pseudoLabelling.kind == .hard ? PseudoLabels.hardened(rows, classCount: training.classCount) : rows
    return (
      Lesson(targets: try softTargets(from: given), examples: kept, unlabelled: unlabelled), given,
      quality(of: rows, unlabelled)
    )
  }

  /// Targets out of distributions.
  ///
  /// A loss that takes both gets each image's distribution, with the label beside it where it is known. Other losses get one of
  /// the two: the label of the images that keep theirs, if only some do, and the distribution of all others.
  ///
  /// - Parameter distributions: (training images, classCount).
  func softTargets(from distributions: [Float]) throws -> Targets {
    let classCount = training.classCount
    if loss.takesTeacher {
      var indices: [Int?] = Array(repeating: nil, count: training.count)
      for index in labelled { indices[index] = Int(training.labels[index]) }
      return ignoring(try .labelledProbabilities(indices, distributions, classCount: classCount))
    }
    var rows = distributions
    for index in kept {
      for column in 0..<classCount {
        rows[index * classCount + column] = column == Int(training.labels[index]) ? 1 : 0
      }
    }
    // Those of a data set or a teacher are distributions; a file's may be something else, on request.
    return ignoring(try .probabilities(rows, classCount: classCount, allowsUnnormalizedRows: true))
  }

  /// The images that have soft labels instead of labels, and which of these are confident enough.
  private func unlabelledImages(_ rows: [Float]) -> UnlabelledImages {
    var isKept = Array(repeating: false, count: training.count)
    for index in kept { isKept[index] = true }
    let examples = isKept.indices.filter { !isKept[$0] }
    let (threshold, classCount) = (settings.pseudoLabelling.threshold, training.classCount)
    let isConfident = examples.map { example in
      threshold <= 0 || rows[PseudoLabels.argmax(of: rows, at: example * classCount, classCount)] >= threshold
    }
    return UnlabelledImages(examples, isConfident: isConfident, settings: settings.pseudoLabelling)
  }

  /// How good the soft labels of `images` are, by the labels that the data set has for them; nil where no network made
  /// them, and no label is hidden.
  private func quality(of rows: [Float], _ images: UnlabelledImages) -> PseudoLabelQuality? {
    let isPredicted =
      switch settings.source {
      case .teacher, .trainedTeacher: true
      case .hard, .smoothed, .dataset, .rows: false
      }
    let isHidden = settings.labelled.count != nil
    guard isPredicted || isHidden, !images.examples.isEmpty else { return nil }
    let classCount = training.classCount
    // Where all labels are known, nobody looks at images of the ignored class.
    let ignored = isHidden ? nil : settings.ignoreIndex
    let looked = zip(images.examples, images.isConfident).filter { Int(training.labels[$0.0]) != ignored }
    let confident = looked.filter(\.1).map(\.0)
    let right = confident.count { image in
      let first = image * classCount
      return PseudoLabels.argmax(of: rows, at: first, classCount) - first == Int(training.labels[image])
    }
    return PseudoLabelQuality(count: looked.count, confident: confident.count, right: right)
  }
}
