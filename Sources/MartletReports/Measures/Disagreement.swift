import Foundation
import Martlet
import MartletTraining

/// A test image on which arms disagree, and what each of them predicts for it.
struct Disagreement: Sendable {
  /// The image's position.
  let image: Int
  /// How much they disagree, in nats: the entropy of the mean of the arms' distributions, less the mean of their entropies. It is 0
  /// if all say the same, and log(arms) at most.
  ///
  /// Lin, "Divergence Measures Based on the Shannon Entropy" (1991).
  let divergence: Double
  /// For each arm, its distribution over the classes, as a mean over seeds, (arms, classes).
  let distributions: [[Double]]

  /// The images on which `arms` disagree most, most first, of those that `isWanted` takes.
  static func largest(
    _ count: Int, of arms: [ArmResults], classCount: Int, where isWanted: (Int) -> Bool = { _ in true }
  ) -> [Disagreement] {
    guard arms.count > 1, let logits = arms.first?.trials.first?.result.logits else { return [] }
    let all = (0..<logits.count / classCount).filter(isWanted).map { image in
      let rows = arms.map { distribution(of: $0, image, classCount) }
      let mean = (0..<classCount).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
      let entropies = rows.reduce(0) { $0 + entropy($1) } / Double(rows.count)
      return Disagreement(image: image, divergence: entropy(mean) - entropies, distributions: rows)
    }
    let sorted = all.filter { $0.divergence.isFinite }.sorted { ($1.divergence, $0.image) < ($0.divergence, $1.image) }
    return Array(sorted.prefix(count))
  }

  private static func distribution(of arm: ArmResults, _ image: Int, _ classCount: Int) -> [Double] {
    var sums = Array(repeating: 0.0, count: classCount)
    for trial in arm.trials {
      let logits = trial.result.logits.span.extracting(image * classCount..<(image + 1) * classCount)
      let softmax = RowSoftmax(logits)
      for column in 0..<classCount { sums[column] += exp(softmax.logProbability(logits[column])) }
    }
    return sums.map { $0 / Double(arm.trials.count) }
  }

  private static func entropy(_ row: [Double]) -> Double { row.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 } }
}
