import Martlet
import Testing

@Suite("A plan and its targets")
struct PlanTargetTests {
  private static let source = RandomSource(seed: 41)
  private static let inputs = (0..<3 * 3 * 4).map { source.uniform(at: $0) * 2 - 1 }

  /// The weights and the loss after four steps.
  private func train(
    _ model: some Model, _ inputs: DenseInputs, _ targets: Targets, _ loss: any Loss, reduction: Reduction = .mean,
    learningRate: Float = 0.5, threads: Int = 1
  ) throws -> (values: [Float], loss: Double) {
    var plan = try TrainingPlan(
      Network(model, inputShape: inputs.inputShape), batchSize: targets.count, loss: loss,
      optimizer: SGD(learningRate: learningRate), seed: 3, reduction: reduction,
      team: ThreadTeam(threadCount: threads))
    var loss = 0.0
    for _ in 0..<4 { loss = plan.step(Batch(inputs: inputs, targets: targets)).loss }
    return (plan.parameters.values, loss)
  }

  @Test("a convolution over positions learns what a linear layer learns from each position as an example")
  func positions() throws {
    // (3, 3, 2, 2): three images of three channels, and the same as twelve examples of three features.
    let images = DenseInputs(Self.inputs, shape: [3, 2, 2])
    var pixelValues: [Float] = []
    for row in 0..<12 {
      for channel in 0..<3 { pixelValues.append(Self.inputs[row / 4 * 12 + channel * 4 + row % 4]) }
    }
    let pixels = DenseInputs(pixelValues, shape: [3])
    let labels = [0, 1, -1, 3, 2, 2, 1, 0, -1, 3, 3, 1]
    let weights = CrossEntropy(classWeights: [1, 2, 3, 4], labelSmoothing: 0.1)
    let atPositions = try Targets.classIndices(labels, classCount: 4, positions: [2, 2], ignoreIndex: -1)
    let asExamples = try Targets.classIndices(labels, classCount: 4, ignoreIndex: -1)
    #expect(atPositions.count == 3 && atPositions.rowCount == 12)
    for (first, second) in [(atPositions, asExamples), (atPositions.asProbabilities(), asExamples.asProbabilities())] {
      let fields = try train(Conv2d(3, 4, kernelSize: 1).named("layer"), images, first, weights)
      let rows = try train(Linear(3, 4).named("layer"), pixels, second, weights)
      #expect(zip(fields.values, rows.values).allSatisfy { abs($0 - $1) < 1e-5 })
      #expect(abs(fields.loss - rows.loss) < 1e-5)
      let threads = try train(Conv2d(3, 4, kernelSize: 1).named("layer"), images, first, weights, threads: 3)
      #expect(threads.values == fields.values && threads.loss == fields.loss)
    }
  }

  @Test("ignored rows change nothing but the number of rows")
  func ignored() throws {
    let (three, two) = (
      DenseInputs(Array(Self.inputs.prefix(12)), shape: [4]), DenseInputs(Array(Self.inputs.prefix(8)), shape: [4])
    )
    for loss in [CrossEntropy(labelSmoothing: 0.1), MeanSquaredError(), KLDivergence()] as [any Loss] {
      let all = try train(Linear(4, 3), three, try .classIndices([0, 2, 1], classCount: 3).ignoring([2]), loss)
      let part = try train(Linear(4, 3), two, try .classIndices([0, 2], classCount: 3), loss)
      #expect(zip(all.values, part.values).allSatisfy { abs($0 - $1) < 1e-6 } && all.loss == part.loss)
    }
  }

  @Test("a batch without any target leaves the weights as they are")
  func nothing() throws {
    let inputs = DenseInputs(Array(Self.inputs.prefix(8)), shape: [4])
    let targets = try Targets.classIndices([-100, -100], classCount: 3, ignoreIndex: -100)
    let initial = try Parameters(of: Network(Linear(4, 3), inputShape: [4]), seed: 3)
    let matching = try train(Linear(4, 3), inputs, targets, CrossEntropy())
    #expect(matching.values == initial.values && matching.loss.isNaN)
    let fair = try train(Linear(4, 3), inputs, targets, CrossEntropy(denominator: .effectiveWeight))
    #expect(fair.values == initial.values && fair.loss == 0)
  }

  @Test("the sum is the mean times its denominator, in value and in step")
  func reduction() throws {
    let inputs = DenseInputs(Array(Self.inputs.prefix(16)), shape: [4])
    let targets = try Targets.classIndices([0, 2, 1, 1], classCount: 3)
    let weights = CrossEntropy(classWeights: [1, 2, 5])
    let mean = try train(Linear(4, 3), inputs, targets, weights, learningRate: 0.5)
    let sum = try train(Linear(4, 3), inputs, targets, weights, reduction: .sum, learningRate: 0.5 / 10)
    #expect(zip(mean.values, sum.values).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(abs(sum.loss / mean.loss - 10) < 1e-4)
  }

  @Test("with weights, an index and its one-hot row train alike under the effective weight, and else do not")
  func encodings() throws {
    let inputs = DenseInputs(Array(Self.inputs.prefix(16)), shape: [4])
    let hard = try Targets.classIndices([0, 2, 1, 1], classCount: 3)
    for denominator in MeanDenominator.allCases {
      let loss = CrossEntropy(classWeights: [1, 2, 5], denominator: denominator)
      let (first, second) = (
        try train(Linear(4, 3), inputs, hard, loss), try train(Linear(4, 3), inputs, hard.asProbabilities(), loss)
      )
      #expect((first.values == second.values) == (denominator == .effectiveWeight))
    }
  }
}
