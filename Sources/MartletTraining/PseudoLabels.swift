import Foundation
public import Martlet
public import MartletData
import Requirements

/// A teacher's opinion as soft labels.
public enum PseudoLabels {
  /// softmax(logits / temperature) of `model` with `parameters` for each image of `dataset`, (count, classCount).
  ///
  /// Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015).
  public static func distributions(
    of model: some Model, parameters: Parameters, on dataset: Dataset, temperature: Float, team: ThreadTeam
  ) throws(ModelError) -> [Float] {
    require(temperature > 0, "A temperature must be above 0, not \(temperature).")
    let batchSize = min(256, dataset.count)
    var plan = try InferencePlan(
      model, inputShape: dataset.imageShape, batchSize: batchSize, parameters: parameters, team: team)
    let inputs: any InputSource = dataset.inputs()
    let indices = Array(0..<dataset.count)
    var rows: [Float] = []
    rows.reserveCapacity(dataset.count * dataset.classCount)
    for start in stride(from: 0, to: dataset.count, by: batchSize) {
      let batch = indices[start..<min(start + batchSize, dataset.count)]
      let logits = plan.logits(for: inputs, at: batch)
      for row in 0..<batch.count {
        let first = row * dataset.classCount
        var scaled: [Double] = []
        for column in 0..<dataset.classCount { scaled.append(Double(logits[first + column]) / Double(temperature)) }
        let maximum = scaled.max() ?? 0
        let exponentials = scaled.map { exp($0 - maximum) }
        let sum = exponentials.reduce(0, +)
        rows.append(contentsOf: exponentials.map { Float($0 / sum) })
      }
    }
    return rows
  }
}
