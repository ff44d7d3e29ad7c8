import Requirements

/// The difference between two arms over the same seeds, with the interval of Student's t for pairs.
///
/// Each seed gives one difference; the interval is mean ± t · s/√n, with s their standard deviation and t the quantile for n − 1
/// degrees of freedom. It assumes differences that are roughly normal, and takes their spread from few seeds, so it is wide.
///
/// Student, "The Probable Error of a Mean" (1908).
///
/// ```swift
/// let difference = PairedDifference(of: [0.62, 0.66, 0.61], from: [0.60, 0.63, 0.60])
/// print(difference.mean, difference.interval ?? 0...0)  // 0.020… -0.0048…...0.044…
/// ```
public struct PairedDifference: Sendable, Hashable {
  /// The number of pairs.
  public let count: Int
  /// The mean difference.
  public let mean: Double
  /// Where the true mean difference is, with `confidence`; nil for a single pair, which has no spread.
  public let interval: ClosedRange<Double>?

  /// The differences of `values` from `reference`, pair by pair.
  ///
  /// - Parameters:
  ///   - values: one number a seed.
  ///   - reference: one number for each of the same seeds.
  ///   - confidence: how likely the interval is to hold the true mean, between 0 and 1.
  public init(of values: [Double], from reference: [Double], confidence: Double = 0.95) {
    require(
      values.count == reference.count && !values.isEmpty,
      "Pairs need as many values on both sides, not \(values.count) and \(reference.count).")
    require(confidence > 0 && confidence < 1, "A confidence must be between 0 and 1, not \(confidence).")
    let differences = zip(values, reference).map { $0 - $1 }
    let mean = differences.reduce(0, +) / Double(differences.count)
    count = differences.count
    self.mean = mean
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count - 1)
    let reach =
      StudentT(degreesOfFreedom: differences.count - 1).quantile(0.5 + confidence / 2)
      * (variance / Double(differences.count)).squareRoot()
    interval = reach.isFinite ? mean - reach...mean + reach : nil
  }
}
