import Martlet

/// Which recipes give one result under one seed, so that their trials can share it.
extension Recipe {
  /// Whether both recipes train one network in one way, whatever they are called, and however it is tested.
  func isSameTraining(as other: Recipe) -> Bool {
    network == other.network && labels.isSame(as: other.labels) && isEqual(loss, other.loss)
      && configuration.isSame(as: other.configuration) && normalization == other.normalization
      && initialParameters == other.initialParameters && whitening == other.whitening
  }

  /// The recipes of all networks that are trained before this one, to teach it or its teacher, with their folds.
  var teachers: [(recipe: Recipe, folds: Int)] {
    guard case .trainedTeacher(let teacher, let folds) = labels.source else { return [] }
    return [(teacher, folds)] + teacher.teachers
  }
}

extension LabelSettings {
  fileprivate func isSame(as other: LabelSettings) -> Bool {
    source.isSame(as: other.source) && temperature == other.temperature && labelled == other.labelled
      && noise == other.noise && pseudoLabelling == other.pseudoLabelling && ignoreIndex == other.ignoreIndex
  }
}

extension LabelSettings.Source {
  fileprivate func isSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.hard, .hard), (.dataset, .dataset): true
    case (.smoothed(let one), .smoothed(let two)): one == two
    case (.rows(let one), .rows(let two)): one == two
    case (.trainedTeacher(let one, let folds), .trainedTeacher(let two, let otherFolds)):
      folds == otherFolds && one.isSameTraining(as: two)
    // Networks that are given with their weights share with nobody.
    default: false
    }
  }
}

extension TrainingConfiguration {
  fileprivate func isSame(as other: TrainingConfiguration) -> Bool {
    epochs == other.epochs && batchSize == other.batchSize && shuffles == other.shuffles
      && isEqual(optimizer, other.optimizer)
      && schedule.map(\.asHashable) == other.schedule.map(\.asHashable) && groups == other.groups
      && maximumGradientNorm == other.maximumGradientNorm && maximumGradientValue == other.maximumGradientValue
      && lookahead == other.lookahead && averaging == other.averaging && mixup == other.mixup
      && cutmix == other.cutmix && validation == other.validation
      && augmentations.count == other.augmentations.count
      && zip(augmentations, other.augmentations).allSatisfy { isEqual($0, $1) }
  }
}

/// Whether two losses, optimizers or augmentations are one; those that cannot be compared are not.
private func isEqual(_ first: any Sendable, _ second: any Sendable) -> Bool {
  guard let first = first as? any Hashable, let second = second as? any Hashable else { return false }
  return AnyHashable(first) == AnyHashable(second)
}
