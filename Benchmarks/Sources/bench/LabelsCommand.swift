import ArgumentParser
import Martlet

/// What soft labels, smoothing, and a loss written as a formula cost a step.
struct LabelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "labels",
    abstract: "A step with soft labels, smoothing, or a loss written as a formula, against one with class indices.")

  @Option(help: "How often all cells are measured, one after the other; medians are printed.")
  var rounds = 15

  @Option(help: "Seconds for one measurement.")
  var seconds = 0.2

  func run() throws {
    print("A step of the tutorial network, batch 4, one thread, in µs; what it costs more than class indices.")
    let widths = [8, 14, 10, 8]
    print(row(["classes", "labels", "µs/step", "more"], widths: widths))
    for classCount in [10, 1000] {
      let examples = Examples(shape: [3, 32, 32], classCount: classCount, count: 256)
      let soft = try Targets.probabilities(
        (0..<256).flatMap { row in
          examples.labels.distribution(at: row).map { $0 * 0.9 + 0.1 / Float(classCount) }
        }, classCount: classCount)
      let kinds: [(name: String, loss: any Loss, targets: Targets)] = [
        ("class indices", CrossEntropy(), examples.labels),
        ("smoothing 0.1", CrossEntropy(labelSmoothing: 0.1), examples.labels),
        ("soft", CrossEntropy(), soft),
        ("soft, focal", FocalLoss(), soft),
        ("soft, formula", FormulaLoss { logits, target in -(target * logSoftmax(logits)).sum() }, soft),
      ]
      var times = Array(repeating: [Double](), count: kinds.count)
      for _ in 0..<rounds {
        for (index, kind) in kinds.enumerated() {
          var plan = try TrainingPlan(
            Network(Models.tutorial(classCount: classCount), inputShape: [3, 32, 32]), batchSize: 4, loss: kind.loss,
            optimizer: SGD(learningRate: 0.001, momentum: 0.9), seed: 1)
          var step = 0
          times[index].append(
            secondsEach(for: seconds) {
              plan.step(examples.batch(step, size: 4, targets: kind.targets))
              step += 1
            })
        }
      }
      // Each round's own ratio: what disturbs one measurement mostly disturbs its neighbours too.
      for (index, kind) in kinds.enumerated() {
        let ratio = median(zip(times[index], times[0]).map { $0 / $1 })
        print(
          row(
            [
              "\(classCount)", kind.name, number(median(times[index]) * 1e6, digits: 1),
              number((ratio - 1) * 100, digits: 1) + " %",
            ], widths: widths))
      }
    }
  }
}
