/// One training within a comparison: a recipe under one seed.
public struct Trial: Sendable, Hashable, Codable {
  /// What the recipe is called.
  public let recipe: String
  /// The seed of the initial weights, of the batch order, and of which images keep their labels.
  public let seed: UInt64

  /// A trial.
  public init(_ recipe: String, seed: UInt64) {
    self.recipe = recipe
    self.seed = seed
  }

  /// In files, recipes are arms of a comparison.
  private enum CodingKeys: String, CodingKey {
    case recipe = "arm"
    case seed
  }
}
