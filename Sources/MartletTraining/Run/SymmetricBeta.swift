import Foundation
import Martlet

/// The Beta distribution with two equal parameters.
struct SymmetricBeta {
  private let alpha: Double

  /// Beta(α, α).
  init(_ alpha: Double) { self.alpha = alpha }

  /// A number of the distribution, by two of the gamma distribution.
  func number(_ random: RandomSource) -> Double {
    let (first, second) = (Self.gamma(alpha, random.stream("first")), Self.gamma(alpha, random.stream("second")))
    // Where α is tiny, both may be below the smallest number: the result is then 0 or 1 alike.
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
