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
    var rows: [Float] = []
    rows.reserveCapacity(dataset.count * dataset.classCount)
    try Predictions.forEach(of: model, parameters: parameters, on: dataset, team: team) { _, logits in
      let softmax = RowSoftmax(logits, temperature: Double(temperature))
      for index in logits.indices { rows.append(Float(exp(softmax.logProbability(logits[index])))) }
    }
    return rows
  }
}
