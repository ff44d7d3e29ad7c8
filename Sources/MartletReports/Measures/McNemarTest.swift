import Foundation
public import MartletTraining
import Requirements

/// Whether two networks err on the same test images equally often: McNemar's test, exact.
///
/// Of the images that one network has right and the other wrong, as many should be on one side as on the other. The p-value is the
/// two-sided binomial probability of a split as uneven as this one, or more.
///
/// McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions or Percentages" (1947).
///
/// ```swift
/// let test = McNemarTest(firstIsRight: [true, true, true, false], secondIsRight: [true, false, false, true])
/// print(test.onlyFirst, test.onlySecond, test.probability)  // 2 1 1.0
/// ```
public struct McNemarTest: Sendable, Hashable {
  /// The images that only the first network has right.
  public let onlyFirst: Int
  /// The images that only the second network has right.
  public let onlySecond: Int

  /// The p-value, 0…1: how likely so uneven a split is, if both networks err equally often. 1 if they err on the same images.
  public var probability: Double {
    let (count, fewer) = (onlyFirst + onlySecond, min(onlyFirst, onlySecond))
    guard count > 0 else { return 1 }
    // Σ of n over k for k up to the smaller side, in logarithms.
    let all = logGamma(Double(count) + 1) - Double(count) * log(2.0)
    var tail = 0.0
    for k in 0...fewer { tail += exp(all - logGamma(Double(k) + 1) - logGamma(Double(count - k) + 1)) }
    return min(1, 2 * tail)
  }

  /// Compares two networks on the same images.
  public init(firstIsRight: [Bool], secondIsRight: [Bool]) {
    require(
      firstIsRight.count == secondIsRight.count,
      "Both networks must have answered to the same images, not to \(firstIsRight.count) and \(secondIsRight.count).")
    onlyFirst = zip(firstIsRight, secondIsRight).count { $0 && !$1 }
    onlySecond = zip(firstIsRight, secondIsRight).count { !$0 && $1 }
  }

  /// Compares two evaluations on the same images.
  public init(_ first: Evaluation, _ second: Evaluation) {
    require(first.labels == second.labels, "Both networks must have answered to the same images.")
    self.init(firstIsRight: first.ranks.map { $0 == 0 }, secondIsRight: second.ranks.map { $0 == 0 })
  }
}
