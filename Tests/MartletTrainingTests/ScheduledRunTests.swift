import Testing

@testable import Martlet
@testable import MartletTraining

/// A schedule that counts: 1 + t + 100·(steps of an epoch) + 10,000·(steps in all).
private struct Telling: LearningRateSchedule {
  func factor(at position: TrainingPosition) -> Double {
    Double(1 + position.step + 100 * position.stepsPerEpoch + 10_000 * position.stepCount)
  }
}

@Suite("A training run follows its schedule")
struct ScheduledRunTests {
  /// One weight and one input, which moves by learning rate · factor with each step.
  private struct Movement: Loss {
    func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
      gradient[0] = -1
      return -logits[0]
    }
  }

  /// Runs some rounds, and tells how far the weight went in each step as a share of the learning rate.
  private func movements(rounds: Int, told: Int, epochs: Int, counts: [Int]) throws -> [Float] {
    var configuration = TrainingConfiguration()
    (configuration.epochs, configuration.batchSize) = (epochs, 2)
    configuration.optimizer = SGD(learningRate: 1)
    configuration.schedule = Telling()
    let targets = try Targets.classIndices(Array(repeating: 0, count: 6), classCount: 1)
    var run = TrainingRun(
      try Network(Linear(1, 1, bias: false), inputShape: [1]),
      inputs: DenseInputs(Array(repeating: 1, count: 6), shape: [1]), targets: targets,
      examples: Array(0..<counts[0]), loss: Movement(), configuration: configuration, rounds: told,
      parameters: Parameters([(name: "weight", shape: [1, 1])], values: [0]))
    var found: [Float] = []
    var last: Float = 0
    for round in 0..<rounds {
      if round > 0 { run.renew(targets: targets, examples: Array(0..<counts[round]), unlabelled: nil) }
      while let event = run.next() {
        guard case .progress = event else { continue }
        let weight = run.parameters.values[0]
        found.append(weight - last)
        last = weight
      }
    }
    return found
  }

  @Test("step by step, over all epochs")
  func oneRound() throws {
    #expect(
      try movements(rounds: 1, told: 1, epochs: 2, counts: [6]) == (0..<6).map { Float(1 + $0 + 300 + 60_000) })
  }

  @Test("rounds that keep the weights are one training, whose end follows the steps that an epoch has")
  func rounds() throws {
    // Three steps an epoch, and then two.
    let found = try movements(rounds: 2, told: 2, epochs: 2, counts: [6, 4])
    let first = (0..<6).map { Float(1 + $0 + 300 + 120_000) }
    let second = (6..<10).map { Float(1 + $0 + 200 + 100_000) }
    #expect(found == first + second)
  }

  @Test("a round that was not told of is beyond the end")
  func moreRounds() throws {
    let found = try movements(rounds: 2, told: 1, epochs: 1, counts: [4, 4])
    #expect(found == [20_201, 20_202, 20_203, 20_204])
  }
}
