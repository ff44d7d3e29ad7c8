import Martlet

/// What becomes of the images of a step: one of the ways to mix them that a configuration has.
struct Mixture {
  private let mixup: Mixup?
  private let cutmix: CutMix?

  /// The configuration's; nil if images are left alone.
  init?(_ configuration: TrainingConfiguration) {
    guard configuration.mixup != nil || configuration.cutmix != nil else { return nil }
    (mixup, cutmix) = (configuration.mixup, configuration.cutmix)
  }

  /// The rows with their partners.
  ///
  /// - Parameters:
  ///   - groups: the group of each row; nil for a row that is left alone.
  ///   - shape: an image's.
  ///   - random: what all mixtures of the training are drawn from.
  ///   - epoch: the epoch of the step.
  ///   - step: the step within its epoch.
  func mixed(
    _ rows: [BatchRow], groups: [Int?], shape: Shape, random: RandomSource, epoch: Int, step: Int
  ) -> [BatchRow] {
    func numbers(_ name: String) -> RandomSource { random.stream(name).stream(epoch).stream(step) }
    let isCut = mixup == nil || numbers("mixture").uniform(at: 0) < 0.5
    if let cutmix, isCut { return cutmix.mixed(rows, groups: groups, shape: shape, random: numbers("cutmix")) }
    return mixup?.mixed(rows, groups: groups, random: numbers("mixup")) ?? rows
  }

  /// The rows with a partner each, of its own group, in a random order: what counts nothing in a step must not come in through a
  /// partner.
  ///
  /// - Parameters:
  ///   - groups: the group of each row; nil for a row that is left alone.
  ///   - random: the numbers of the step.
  ///   - partner: what a partner is, by its example.
  static func paired(
    _ rows: [BatchRow], groups: [Int?], random: RandomSource, partner: (Int) -> BatchRow.Partner
  ) -> [BatchRow] {
    var paired = rows
    for group in Set(groups.compactMap { $0 }).sorted() {
      let places = rows.indices.filter { groups[$0] == group }
      let order = random.stream("partners").stream(group).permutation(of: places.count)
      for (place, other) in zip(places, order) { paired[place].partner = partner(rows[places[other]].example) }
    }
    return paired
  }
}
