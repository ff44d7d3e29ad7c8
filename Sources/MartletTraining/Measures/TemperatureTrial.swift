public import Martlet
public import MartletData
import Requirements

/// A temperature fitted on the first half of a data set's images, and what it does to the second half.
///
/// ```swift
/// let images = Shapes.make(.test, count: 60)
/// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
/// let trial = TemperatureTrial(of: Classifier(network, parameters: Parameters(of: network, seed: 1)), on: images)
/// print(trial.before.count, trial.before.accuracy == trial.after.accuracy)  // 30 true
/// ```
public struct TemperatureTrial: Sendable {
  /// What the logits are divided by.
  public let temperature: Double
  /// The second half of the images, as the network answers to them.
  public let before: Evaluation
  /// The second half of the images, with the logits divided by the temperature.
  public let after: Evaluation

  /// Fits and measures `classifier` on `dataset`, which needs two images at least.
  public init(of classifier: Classifier, on dataset: Dataset, team: ThreadTeam = .single) {
    self.init(
      logits: classifier.logits(for: dataset, team: team), labels: dataset.labels, classCount: dataset.classCount)
  }

  /// Fits and measures what a network answered to two images or more.
  ///
  /// - Parameters:
  ///   - logits: its answers, (count, classCount).
  ///   - labels: the right ones, (count).
  ///   - classCount: the number of classes.
  public init(logits: [Float], labels: [UInt8], classCount: Int) {
    let labels = labels.map(Int.init)
    require(labels.count >= 2, "Fitting and measuring a temperature takes two images at least, not \(labels.count).")
    let rows = labels.indices.map { Array(logits[$0 * classCount..<($0 + 1) * classCount]) }
    let half = labels.count / 2
    let scaling = TemperatureScaling(logits: Array(rows[..<half]), labels: Array(labels[..<half]))
    func measure(_ temperature: Double) -> Evaluation {
      var measures = Evaluation.Measures(classCount: classCount)
      for index in half..<labels.count {
        let scaled = rows[index].map { Float(Double($0) / temperature) }
        measures.add(scaled.span, label: labels[index])
      }
      return measures.evaluation
    }
    (temperature, before, after) = (scaling.temperature, measure(1), measure(scaling.temperature))
  }
}
