/// Tells networks apart that cannot be compared: a recipe's copies have its network, and a network that is set anew is
/// another one.
///
/// Once networks can be compared by what was recorded, `Recipe.hasNetwork(of:)` can do so, and this class can go.
final class NetworkIdentity: Sendable {}

extension Recipe {
  /// Whether two recipes train the same network.
  func hasNetwork(of other: Recipe) -> Bool { networkIdentity === other.networkIdentity }
}
