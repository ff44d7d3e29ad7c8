import Foundation
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

  /// The rows with their partners, each of its own group: what counts nothing in a step must not come in through a partner.
  ///
  /// - Parameters:
  ///   - groups: the group of each row; nil for a row that is left alone.
  ///   - random: the numbers of the step.
  func mixed(_ rows: [BatchRow], groups: [Int?], random: RandomSource) -> [BatchRow] {
    let share = Float(1 - proportion(random))
    var mixed = rows
    for group in Set(groups.compactMap { $0 }).sorted() {
      let places = rows.indices.filter { groups[$0] == group }
      let order = random.stream("partners").stream(group).permutation(of: places.count)
      for (place, partner) in zip(places, order) {
        mixed[place].partner = BatchRow.Partner(example: rows[places[partner]].example, share: share)
      }
    }
    return mixed
  }

  /// λ, by two numbers of the gamma distribution.
  func proportion(_ random: RandomSource) -> Double {
    let (first, second) = (Self.gamma(alpha, random.stream("first")), Self.gamma(alpha, random.stream("second")))
    // Where α is tiny, both may be below the smallest number: λ is then 0 or 1 alike.
    return first + second > 0 ? first / (first + second) : random.uniform(at: 0) < 0.5 ? 0 : 1
  }

  /// A number of the gamma distribution of that shape.
  ///
  /// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (2000).
  private static func gamma(_ shape: Double, _ random: RandomSource) -> Double {
    // Below 1, one of the shape above it, times a power.
    let boost = shape < 1 ? pow(1 - Double(random.stream("boost").uniform(at: 0)), 1 / shape) : 1
    let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    var index = 0
    while true {
      func uniform(_ offset: Int) -> Double { 1 - Double(random.uniform(at: index + offset)) }
      let normal = (-2 * log(uniform(0))).squareRoot() * cos(2 * Double.pi * uniform(1))
      let cube = 1 + c * normal
      let volume = cube * cube * cube
      if volume > 0, log(uniform(2)) < normal * normal / 2 + d - d * volume + d * log(volume) {
        return d * volume * boost
      }
      index += 3
    }
  }
}
