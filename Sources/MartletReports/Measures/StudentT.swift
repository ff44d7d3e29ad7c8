import Foundation

/// Student's t-distribution.
struct StudentT {
  let degreesOfFreedom: Int

  /// The value below which `probability` of the distribution lies; NaN without degrees of freedom.
  func quantile(_ probability: Double) -> Double {
    guard degreesOfFreedom >= 1 else { return .nan }
    if probability < 0.5 { return -quantile(1 - probability) }
    var (low, high) = (0.0, 1.0)
    while cumulative(high) < probability { high *= 2 }
    // Halves the range until two neighbours are left.
    for _ in 0..<200 where low.nextUp < high {
      let middle = (low + high) / 2
      if cumulative(middle) < probability { low = middle } else { high = middle }
    }
    return high
  }

  /// The share of the distribution below `value`, which is 0 or more.
  private func cumulative(_ value: Double) -> Double {
    let degrees = Double(degreesOfFreedom)
    return 1 - 0.5 * Self.incompleteBeta(degrees / (degrees + value * value), degrees / 2, 0.5)
  }

  /// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun, 26.5.8), evaluated
  /// from the front by Lentz's method.
  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on one side of the mean; the other side is its mirror image.
    if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
    let scale = logGamma(a + b) - logGamma(a) - logGamma(b)
    let front = exp(scale + a * log(x) + b * log(1 - x)) / a
    let tiny = 1e-300
    var (fraction, c, d) = (1.0, 1.0, 0.0)
    for step in 0..<500 {
      let m = Double(step / 2)
      let coefficient =
        step == 0
        ? 1
        : step % 2 == 0
          ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
          : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 + coefficient * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + coefficient / c
      if abs(c) < tiny { c = tiny }
      fraction *= c * d
      if abs(c * d - 1) < 1e-16 { break }
    }
    return front * (fraction - 1)
  }
}

/// log Γ(x), under a name of its own: the C library's comes in two forms.
func logGamma(_ x: Double) -> Double { lgamma(x) }
