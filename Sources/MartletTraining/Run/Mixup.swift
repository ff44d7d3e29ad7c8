import Martlet
import Requirements

/// Mixes each image of a step with another of the same step, and their labels in the same proportion.
///
/// λ is drawn once a step from the Beta(α, α) distribution, and each image's partner by a random order of the step's images: the input
/// is λ·x + (1 − λ)·x′, and the target λ·t + (1 − λ)·t′, which is a soft label. Images with labels, with confident pseudo-labels and
/// with others are mixed among themselves, and images without a target are left alone. Random numbers depend on the seed, the epoch
/// and the step.
///
/// Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization" (2018).
///
/// ```swift
/// var configuration = TrainingConfiguration()
/// configuration.mixup = Mixup(alpha: 0.2)
/// ```
public struct Mixup: Sendable, Hashable {
  /// α: the larger, the closer λ is to a half.
  public let alpha: Double

  /// Mixing with the given α, above 0.
  public init(alpha: Double) {
    require(alpha > 0 && alpha.isFinite, "Mixup's α must be above 0, not \(alpha).")
    self.alpha = alpha
  }

  /// The rows with their partners.
  ///
  /// - Parameters:
  ///   - groups: the group of each row; nil for a row that is left alone.
  ///   - random: the numbers of the step.
  func mixed(_ rows: [BatchRow], groups: [Int?], random: RandomSource) -> [BatchRow] {
    let share = Float(1 - proportion(random))
    return Mixture.paired(rows, groups: groups, random: random) { BatchRow.Partner(example: $0, share: share) }
  }

  /// λ.
  func proportion(_ random: RandomSource) -> Double { SymmetricBeta(alpha).number(random) }
}
