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

let (training, test) = (Shapes.make(.train, count: 12_000), Shapes.make(.test, count: 2_000))
for loss in [CrossEntropy(), OneHotError()] as [any Loss] {
  var run = try TrainingRun(
    Models.tutorial(), inputs: training.inputs(), targets: training.hardTargets, loss: loss,
    configuration: TrainingConfiguration(), team: ThreadTeam())
  while let event = run.next() {
    if case .epochEnd(let epoch, let meanLoss) = event { print(type(of: loss), "epoch", epoch, "loss", meanLoss) }
  }
  let result = try Evaluation(of: Models.tutorial(), parameters: run.parameters, on: test, team: ThreadTeam())
  print(type(of: loss), "test accuracy", result.accuracy)
}
