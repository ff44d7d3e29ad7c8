import Martlet
import Testing

@Suite("Weights of a batch's examples")
struct BatchWeightTests {
  private static let inputs = DenseInputs((0..<12).map { Float($0 * $0 % 7) / 7 - 0.4 }, shape: [3])
  private static let targets = [0, 2, 1, 2]

  /// The weights of a linear layer after one step, and the step's result.
  private func step(
    _ indices: ArraySlice<Int>, weights: [Float]?, learningRate: Float = 1, loss: any Loss = CrossEntropy(),
    threads: Int = 1
  ) throws -> (values: [Float], result: StepResult) {
    var plan = try TrainingPlan(
      Network(Linear(3, 3), inputShape: [3]), batchSize: 4, loss: loss, optimizer: SGD(learningRate: learningRate),
      seed: 5,
      team: ThreadTeam(threadCount: threads))
    let result = plan.step(
      Batch(
        inputs: Self.inputs, targets: try .classIndices(Self.targets, classCount: 3), indices: indices,
        weights: weights))
    return (plan.parameters.values, result)
  }

  @Test("1 is bit-identical to none, for any number of threads")
  func ones() throws {
    let plain = try step([0, 1, 2, 3], weights: nil)
    for threads in [1, 3] {
      let weighted = try step([0, 1, 2, 3], weights: [1, 1, 1, 1], threads: threads)
      #expect(weighted.values == plain.values && weighted.result == plain.result)
    }
  }

  @Test("multiply loss and gradient, and do not change what the mean divides by")
  func factors() throws {
    // Twice the weight is twice the step.
    let doubled = try step([0, 1, 2, 3], weights: [2, 2, 2, 2])
    let longer = try step([0, 1, 2, 3], weights: nil, learningRate: 2)
    #expect(zip(doubled.values, longer.values).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(abs(doubled.result.loss - 2 * longer.result.loss) < 1e-6 && doubled.result.denominator == 4)
    // An example of weight 0 counts: the others' gradient is divided by 2.
    let silent = try step([0, 3], weights: [1, 0])
    let half = try step([0], weights: nil, learningRate: 0.5)
    #expect(zip(silent.values, half.values).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(abs(silent.result.loss - half.result.loss / 2) < 1e-6)
  }

  @Test("of 0 let nothing through, not even NaN")
  func zero() throws {
    /// NaN for class 2.
    struct Broken: Loss {
      func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
        let isBroken = target.probability(of: 2) > 0
        for index in gradient.indices { gradient[index] = isBroken ? .nan : 0.25 }
        return isBroken ? .infinity : 1
      }
    }
    let result = try step([0, 1, 2], weights: [1, 0, 1], loss: Broken())
    #expect(result.values.allSatisfy(\.isFinite) && result.result.sum == 2)
  }
}
