import MartletData

/// Why a recipe cannot be trained on some images: there are too few.
package enum RecipeProblem: Sendable, Hashable {
  /// There are not two labelled images, one of them to hold out.
  case tooFewToHoldOut(count: Int)
  /// All labelled images of a class are held out.
  case noImageLeft(label: Int)
  /// A step of an epoch has fewer images than a batch normalisation needs.
  case smallStep(count: Int, needed: Int)
}

extension Recipe {
  /// What keeps this recipe, or one of its teachers, from being trained under `seed`; nil if nothing does.
  ///
  /// A recipe that is trained nevertheless traps, or learns nothing of a class.
  package func problem(training: Dataset, seed: UInt64) -> RecipeProblem? {
    guard needsMany || teachers.contains(where: \.recipe.needsMany) else { return nil }
    return problem(training: training, seed: seed, folds: 1)
  }

  private var needsMany: Bool { configuration.validation != nil || network.minimumRows > 1 }

  /// - Parameter folds: the recipes that share the labelled images, each without its part of them.
  private func problem(training: Dataset, seed: UInt64, folds: Int) -> RecipeProblem? {
    if configuration.validation != nil {
      let noisy = labels.noise.map { training.with($0.kind, seed: $0.seed) } ?? training
      let candidates = labels.labelled.positions(in: noisy, seed: seed)
        .count { Int(noisy.labels[$0]) != labels.ignoreIndex }
      guard candidates >= 2 else { return .tooFewToHoldOut(count: candidates) }
    }
    let lessons = Lessons(self, training, seed: seed)
    let heldOut = Set(lessons.validation?.examples ?? [])
    func left(_ examples: [Int]) -> [Int] { examples.filter { !heldOut.contains($0) } }
    func classes(_ examples: [Int]) -> Set<Int> { Set(examples.map { Int(lessons.training.labels[$0]) }) }
    if let lost = classes(Array(heldOut)).subtracting(classes(left(lessons.labelled))).min() {
      return .noImageLeft(label: lost)
    }
    let fewest = fewestImagesPerStep(lessons, left, seed: seed, folds: folds)
    if fewest < network.minimumRows { return .smallStep(count: fewest, needed: network.minimumRows) }
    guard case .trainedTeacher(let teacher, let folds) = labels.source else { return nil }
    return teacher.problem(training: training, seed: seed, folds: folds)
  }

  /// The images of the smallest step.
  private func fewestImagesPerStep(
    _ lessons: Lessons, _ left: ([Int]) -> [Int], seed: UInt64, folds: Int
  ) -> Int {
    func fewest(_ labelled: [Int], _ unlabelled: UnlabelledImages? = nil) -> Int {
      StepOrder(
        labelled: left(labelled), unlabelled: unlabelled, batchSize: configuration.batchSize,
        inputCount: lessons.training.count, seed: nil
      ).fewestImagesPerStep
    }
    if labels.source.isSoft {
      let kept = Set(lessons.kept)
      let others = left((0..<lessons.training.count).filter { !kept.contains($0) })
      return fewest(
        lessons.kept,
        UnlabelledImages(
          others, isConfident: others.map { _ in true }, settings: labels.pseudoLabelling))
    }
    guard folds > 1 else { return fewest(lessons.labelled) }
    let parts = lessons.parts(of: folds, seed: seed)
    return (0..<folds).map { fold in fewest(lessons.labelled.filter { parts[$0] != fold }) }.min() ?? 0
  }
}
