import ArgumentParser
import Martlet

/// What an adaptive optimizer, a schedule, augmentation and mixup cost a step.
struct AdditionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "additions",
    abstract: "A step with Adam, a schedule, augmentation and mixup, against one without them.")

  @Option(help: "The network.")
  var network = BenchmarkNetwork.resnet20

  @Option(help: "The batch size.")
  var batch = 128

  @Option(help: "Numbers of threads, with commas.", transform: { try list($0) { Int($0) } })
  var threads: [Int] = [1, 2]

  @Option(help: "How often all cells are measured, one after the other; medians are printed.")
  var rounds = 15

  @Option(help: "Seconds for one measurement.")
  var seconds = 1.0

  /// What a step has beside the network.
  private struct Kind {
    let name: String
    var usesAdam = false
    var schedule: (any LearningRateSchedule)?
    var augmentations: [any Augmentation] = []
    var mixes = false
  }

  func run() throws {
    let changes: [any Augmentation] = [RandomHorizontalFlip(), RandomCrop(padding: 4)]
    let kinds = [
      Kind(name: "SGD with momentum"), Kind(name: "Adam", usesAdam: true),
      Kind(name: "flips and crops", augmentations: changes), Kind(name: "mixup", mixes: true),
      Kind(
        name: "Adam, a cosine, flips, crops and mixup", usesAdam: true, schedule: CosineAnnealingLR(),
        augmentations: changes, mixes: true),
    ]
    print("A step of \(network.rawValue), batch \(batch), in ms; what it costs more than with SGD alone.")
    let widths = [7, 38, 8, 7]
    print(row(["threads", "step", "ms/step", "more"], widths: widths))
    let source = RandomSource(seed: 1)
    let count = max(1024, batch)
    let pixels = PixelInputs(
      pixels: (0..<count * network.inputShape.count).map { UInt8(source.integer(below: 256, at: $0)) },
      inputShape: network.inputShape, normalization: .minusOneToOne)
    let labels = try Targets.classIndices((0..<count).map { $0 * 7 % 10 }, classCount: 10)
    let recorded = try Network(network.model, inputShape: network.inputShape)
    for threadCount in threads {
      let team = ThreadTeam(threadCount: threadCount)
      var times = Array(repeating: [Double](), count: kinds.count)
      for _ in 0..<rounds {
        for (index, kind) in kinds.enumerated() {
          times[index].append(measure(kind, recorded, pixels, labels, team))
        }
      }
      // Each round's own ratio: what disturbs one measurement mostly disturbs its neighbours too.
      for (index, kind) in kinds.enumerated() {
        let ratio = median(zip(times[index], times[0]).map { $0 / $1 })
        print(
          row(
            [
              "\(threadCount)", kind.name, number(median(times[index]) * 1e3, digits: 2),
              number((ratio - 1) * 100, digits: 1) + " %",
            ], widths: widths))
      }
    }
  }

  /// The seconds of a step.
  private func measure(
    _ kind: Kind, _ network: Network, _ pixels: PixelInputs, _ labels: Targets, _ team: ThreadTeam
  ) -> Double {
    let optimizer: any Optimizer =
      kind.usesAdam ? Adam(learningRate: 0.0001) : SGD(learningRate: 0.001, momentum: 0.9)
    var plan = TrainingPlan(
      network, batchSize: batch, loss: CrossEntropy(), optimizer: optimizer, seed: 1, team: team)
    let inputs: any InputSource =
      kind.augmentations.isEmpty ? pixels : AugmentedInputs(pixels, kind.augmentations)
    let random = RandomSource(seed: 2)
    let stepsPerEpoch = pixels.count / batch
    return secondsEach(for: seconds) {
      let step = plan.stepCount
      let first = step % stepsPerEpoch * batch
      if let schedule = kind.schedule {
        plan.setLearningRate(
          by: schedule,
          at: TrainingPosition(step: step % 1000, stepsPerEpoch: stepsPerEpoch, stepCount: 1000))
      }
      let partners = kind.mixes ? random.stream(step).permutation(of: batch) : []
      let rows = (0..<batch).map { place in
        BatchRow(
          example: first + place, view: step + 1,
          partner: kind.mixes ? .init(example: first + partners[place], share: 0.2) : nil)
      }
      plan.step(Batch(inputs: inputs, targets: labels, rows: rows, random: random))
    }
  }
}
