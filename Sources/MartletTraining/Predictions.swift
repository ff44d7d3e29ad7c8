import Martlet
import MartletData
import Requirements

/// A network's answers to all images of a data set, one at a time.
enum Predictions {
  /// Calls `body` with each image's index and logits, (classCount), in order.
  static func forEach(
    of model: some Model, parameters: Parameters, on dataset: Dataset, team: ThreadTeam,
    _ body: (_ index: Int, _ logits: Span<Float>) -> Void
  ) throws(ModelError) {
    guard dataset.count > 0 else { return }
    let batchSize = min(256, dataset.count)
    var plan = try InferencePlan(
      model, inputShape: dataset.imageShape, batchSize: batchSize, parameters: parameters, team: team)
    let (outputShape, classCount) = (plan.outputShape, dataset.classCount)
    require(
      outputShape == [classCount], "This model's output is \(outputShape), but the images have \(classCount) classes.")
    let inputs: any InputSource = dataset.inputs()
    let indices = Array(0..<dataset.count)
    for start in stride(from: 0, to: dataset.count, by: batchSize) {
      let rows = indices[start..<min(start + batchSize, dataset.count)]
      let logits = plan.logits(for: inputs, at: rows)
      for (row, index) in rows.enumerated() {
        body(index, logits.extracting(row * classCount..<(row + 1) * classCount))
      }
    }
  }
}
