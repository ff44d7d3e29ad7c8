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
    "own prediction, attached",
    FormulaLoss { logits, target in -((target + softmax(logits)) / 2 * logSoftmax(logits)).sum() }
  ),
  (
    "own prediction, detached",
    FormulaLoss { logits, target in -((target + softmax(logits).detached()) / 2 * logSoftmax(logits)).sum() }
  ),
]

/// The mean of `values`, and their sample standard deviation.
func spread(_ values: [Double], _ digits: Int) -> String {
  let mean = values.reduce(0, +) / Double(values.count)
  let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  return String(format: "%.\(digits)f ± %.\(digits)f", mean, variance.squareRoot())
}

let (training, test) = (Shapes.make(.train), Shapes.make(.test))
let network = try Network(Models.tutorial(), inputShape: training.imageShape)
print("loss                   training loss    test accuracy, %  test NLL         (three seeds)")
for (name, loss) in losses {
  var (losses, accuracies, likelihoods): ([Double], [Double], [Double]) = ([], [], [])
  for seed in 0..<3 {
    var run = TrainingRun(
      network, inputs: training.inputs(), targets: try training.hardTargets, loss: loss, seed: UInt64(seed))
    var last = Double.nan
    while let event = run.next() { if case .epochEnd(_, let mean) = event { last = mean } }
    let evaluation = Evaluation(of: Classifier(network, parameters: run.parameters), on: test)
    losses.append(last)
    accuracies.append(evaluation.accuracy * 100)
    likelihoods.append(evaluation.loss)
  }
  let cells = [(name, 21), (spread(losses, 4), 15), (spread(accuracies, 2), 16), (spread(likelihoods, 4), 15)]
  print(cells.map { $0.0.padding(toLength: $0.1, withPad: " ", startingAt: 0) }.joined(separator: "  "))
}
