import Martlet
import Requirements

/// Images that a network is validated on, and not trained on.
public struct ValidationImages: Sendable, Hashable {
  /// Their positions among the inputs.
  public let examples: [Int]
  /// Their labels, (examples.count).
  public let labels: [Int]

  /// The images at `examples`, with their labels.
  public init(examples: [Int], labels: [Int]) {
    require(
      examples.count == labels.count && !examples.isEmpty,
      "There are \(examples.count) images to validate on, with \(labels.count) labels.")
    self.examples = examples
    self.labels = labels
  }

  /// Accuracy and mean negative log-likelihood of a network, on inputs as they are.
  func evaluation(
    of network: Network, _ parameters: Parameters, inputs: any InputSource, team: ThreadTeam
  ) -> Evaluation {
    let (batchSize, classCount) = (min(256, examples.count), network.outputShape.count)
    var plan = InferencePlan(network, batchSize: batchSize, parameters: parameters, team: team)
    var measures = Evaluation.Measures(classCount: classCount)
    for start in stride(from: 0, to: examples.count, by: batchSize) {
      let batch = start..<min(start + batchSize, examples.count)
      let logits = plan.logits(for: inputs, at: examples[batch])
      for (row, place) in batch.enumerated() {
        measures.add(logits.extracting(row * classCount..<(row + 1) * classCount), label: labels[place])
      }
    }
    return measures.evaluation
  }
}

/// How a network did on the images that were held out, after an epoch.
public struct ValidationPoint: Sendable, Hashable, Codable {
  /// The epoch, from 1.
  public let epoch: Int
  /// The share of images whose most likely class is the label.
  public let accuracy: Double
  /// The mean negative log-likelihood of the labels.
  public let loss: Double

  /// Whether this is a better result than another: a higher accuracy, or the same and a lower loss.
  func isBetter(than other: ValidationPoint) -> Bool {
    accuracy > other.accuracy || accuracy == other.accuracy && loss < other.loss
  }
}
