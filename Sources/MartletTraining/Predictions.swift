import Martlet
import MartletData
import Requirements

/// A network's answers to all images of a data set.
enum Predictions {
  /// The logits of each image, (count, classCount), in order.
  static func logits(
    of model: some Model, parameters: Parameters, on dataset: Dataset, team: ThreadTeam
  ) throws(ModelError) -> [Float] {
    guard dataset.count > 0 else { return [] }
    let batchSize = min(256, dataset.count)
    var plan = try InferencePlan(
      Network(model, inputShape: dataset.imageShape), batchSize: batchSize, parameters: parameters, team: team)
    let (outputShape, classCount) = (plan.outputShape, dataset.classCount)
    require(
      outputShape == [classCount], "This model's output is \(outputShape), but the images have \(classCount) classes.")
    let inputs: any InputSource = dataset.inputs()
    let indices = Array(0..<dataset.count)
    var rows: [Float] = []
    rows.reserveCapacity(dataset.count * classCount)
    for start in stride(from: 0, to: dataset.count, by: batchSize) {
      let logits = plan.logits(for: inputs, at: indices[start..<min(start + batchSize, dataset.count)])
      for index in logits.indices { rows.append(logits[index]) }
    }
    return rows
  }
}
