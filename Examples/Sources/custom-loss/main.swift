import Martlet
import MartletData
import MartletTraining

/// Squared distance between logits and the label's one-hot row.
struct OneHotError: Loss {
  var acceptedTargets: Set<Targets.Encoding> { [.classIndices] }

  func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    guard case .classIndex(let label) = target else { return .nan }
    var value: Float = 0
    for i in logits.indices {
      let difference = logits[i] - (i == label ? 1 : 0)
      gradient[i] = 2 * difference
      value += difference * difference
    }
    return value
  }
}

let (training, test) = (Shapes.make(.train), Shapes.make(.test))
let network = try Network(Models.tutorial(), inputShape: training.imageShape)
for loss in [CrossEntropy(), OneHotError()] as [any Loss] {
  var run = try TrainingRun(network, inputs: training.inputs(), targets: training.hardTargets, loss: loss)
  while let event = run.next() { if case .epochEnd = event { print(type(of: loss), event) } }
  print(Evaluation(of: Classifier(network, parameters: run.parameters), on: test).accuracy)
}
