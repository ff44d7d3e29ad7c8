import Martlet
import Testing

/// Takes a running mean off each feature while training a gain, and drops some features at random: everything that a layer of one's own
/// may use, without anything that is not public.
private struct Centring: Layer {
  func outputShape(for input: Shape) -> Shape { input }

  func parameters(for input: Shape) -> [ParameterSpecification] {
    [
      ParameterSpecification(name: "gain", shape: [input.count], initializer: .constant(1), role: .scale),
      ParameterSpecification(name: "running_mean", shape: [input.count], initializer: .constant(0), role: .statistic),
    ]
  }

  func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory()
    memory.saved = input.count
    memory.forwardSums = input.count
    return memory
  }

  func sumForward(_ pass: inout SumPass) {
    let width = pass.inputShape.count
    for block in pass.blocks {
      for index in 0..<width {
        var sum: Float = 0
        for row in pass.rows(of: block) { sum += pass.input[row * width + index] }
        pass.sums[(block - pass.blocks.lowerBound) * width + index] = sum
      }
    }
  }

  func forward(_ pass: inout ForwardPass) {
    let width = pass.inputShape.count
    for row in 0..<pass.rows {
      for index in 0..<width {
        var centred = pass.input[row * width + index] - pass.parameters[width + index]
        if pass.isTraining {
          centred *= Self.kept(pass.context, row, index)
          pass.saved[row * width + index] = centred
        }
        pass.output[row * width + index] = centred * pass.parameters[index]
      }
    }
  }

  func backward(_ pass: inout BackwardPass) {
    let width = pass.inputShape.count
    for row in 0..<pass.rows {
      for index in 0..<width {
        pass.inputGradient[row * width + index] =
          pass.outputGradient[row * width + index] * pass.parameters[index] * Self.kept(pass.context, row, index)
      }
    }
  }

  func gradient(_ pass: inout GradientPass) {
    let width = pass.inputShape.count
    for (place, unit) in pass.units.enumerated() {
      var sum: Float = 0
      for row in 0..<pass.rows { sum += pass.saved[row * width + unit] * pass.outputGradient[row * width + unit] }
      pass.gradient[place] = sum
    }
  }

  func statistic(_ pass: inout StatisticPass) {
    let width = pass.inputShape.count
    let blocks = pass.context.blocks
    for (place, unit) in pass.units.enumerated() {
      var sum: Float = 0
      for block in 0..<blocks.count { sum += pass.forwardSums[block * width + unit] }
      pass.values[place] += 0.1 * (sum / Float(blocks.rowCount) - pass.values[place])
    }
  }

  private static func kept(_ context: PassContext, _ row: Int, _ index: Int) -> Float {
    context.random.stream(context.rows.lowerBound + row).uniform(at: index) < 0.2 ? 0 : 1
  }
}

@Suite("A layer of one's own with saved floats, sums, a statistic and random numbers")
struct OwnLayerTests {
  @Test("its gradients are checked")
  func gradients() throws {
    let check = try checkGradient(of: Centring(), inputShape: [7], rows: 40)
    #expect(check.isCorrect, "\(check)")
  }

  @Test("it trains to the same bits with 1, 2, 3 and 5 threads, and is run without a batch afterwards")
  func trains() throws {
    let network = try Network(
      Sequential {
        Centring().named("centre")
        Linear(6, 2).named("last")
      }, inputShape: [6])
    let source = RandomSource(seed: 2)
    let inputs = DenseInputs((0..<50 * 6).map { source.uniform(at: $0) + 3 }, shape: [6])
    let targets = try Targets.classIndices((0..<50).map { $0 % 2 }, classCount: 2)
    let results = [1, 2, 3, 5].map { threads in
      var plan = TrainingPlan(
        network, batchSize: 50, loss: CrossEntropy(), optimizer: AdamW(), seed: 4,
        team: ThreadTeam(threadCount: threads))
      for _ in 0..<30 { plan.step(Batch(inputs: inputs, targets: targets)) }
      return plan.parameters
    }
    #expect(results.allSatisfy { $0 == results[0] })
    // The mean of 3 to 4, all but (1 − 0.1)³⁰ of it.
    #expect(results[0]["centre.running_mean"].allSatisfy { (3.1...3.7).contains($0) })
    var plan = InferencePlan(network, batchSize: 50, parameters: results[0])
    let logits = plan.logits(for: inputs, at: ArraySlice(0..<50))
    let areFinite = logits.indices.allSatisfy { logits[$0].isFinite }
    #expect(areFinite)
  }
}
