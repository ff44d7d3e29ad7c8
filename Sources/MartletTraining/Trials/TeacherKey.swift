/// All that a teacher depends on within a comparison, whose images are the same for all. Teachers of one key are one network.
struct TeacherKey: Hashable, Sendable {
  /// The part of the labelled images that a teacher does not see.
  struct Fold: Hashable, Sendable {
    let index: Int
    let count: Int
  }

  let recipe: Recipe
  let seed: UInt64
  /// Nil if it sees all labelled images.
  var fold: Fold?

  static func == (first: TeacherKey, second: TeacherKey) -> Bool {
    first.seed == second.seed && first.fold == second.fold && first.recipe.isSameTraining(as: second.recipe)
  }

  /// Rows and weights would take long, and these tell nearly all keys apart.
  func hash(into hasher: inout Hasher) {
    hasher.combine(seed)
    hasher.combine(fold)
    hasher.combine(recipe.configuration.epochs)
  }
}
