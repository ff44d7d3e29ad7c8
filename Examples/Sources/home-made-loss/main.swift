import Foundation
import Martlet
import MartletData
import MartletTraining

// What people write when they need cross-entropy with distributions, and what becomes of it. Everything else is equal: the
// images, their hard labels, the network, its initial weights, the order of the batches.
let losses: [(name: String, loss: any Loss)] = [
  ("built in", CrossEntropy()),
  ("as posted", FormulaLoss { logits, target in -(target * logSoftmax(logits)).sum() }),
  ("mean over classes", FormulaLoss { logits, target in -(target * logSoftmax(logits)).mean() }),
  ("softmax twice", FormulaLoss { logits, target in -(target * logSoftmax(softmax(logits))).sum() }),
  (
    "smoothed by 0.1",
    FormulaLoss { logits, target in -((target * 0.9 + 0.01) * logSoftmax(logits)).sum() }
  ),
  (
    "own opinion, attached",
    FormulaLoss { logits, target in -((target + softmax(logits)) / 2 * logSoftmax(logits)).sum() }
  ),
  (
    "own opinion, detached",
    FormulaLoss { logits, target in -((target + softmax(logits).detached()) / 2 * logSoftmax(logits)).sum() }
  ),
]

let (training, test, model) = (Shapes.make(.train), Shapes.make(.test), Models.tutorial())
print("loss                    training loss   test accuracy   test NLL   (means of three seeds)")
for (name, loss) in losses {
  var (trainingLoss, accuracy, likelihood) = (0.0, 0.0, 0.0)
  for seed in 0..<3 {
    var configuration = TrainingConfiguration()
    configuration.seed = UInt64(seed)
    var run = try TrainingRun(
      model, inputs: training.inputs(), targets: training.hardTargets, loss: loss, configuration: configuration)
    var last = Double.nan
    while let event = run.next() { if case .epochEnd(_, let mean) = event { last = mean } }
    let evaluation = try Evaluation(of: model, parameters: run.parameters, on: test)
    trainingLoss += last / 3
    accuracy += evaluation.accuracy * 100 / 3
    likelihood += evaluation.loss / 3
  }
  print(
    name.padding(toLength: 24, withPad: " ", startingAt: 0)
      + String(format: "%13.4f %13.2f %% %10.4f", trainingLoss, accuracy, likelihood))
}
