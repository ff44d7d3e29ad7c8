import Martlet
import Testing

@Suite("What a step does")
struct ScheduleTests {
  @Test("the tutorial network in batches of four shares out the units of its large linear layers")
  func tutorial() throws {
    let summary = try Network(Models.tutorial(), inputShape: [3, 32, 32]).summary(batchSize: 4)
    #expect(
      summary.operations.map(\.kind) == [
        "Conv2d + ReLU + MaxPool2d", "Conv2d + ReLU + MaxPool2d", "Linear + ReLU", "Linear + ReLU", "Linear",
      ])
    #expect(summary.operations.map(\.isChannelsLast) == [true, false, false, false, false])
    #expect(summary.operations.map(\.parameterCount) == [456, 2416, 48120, 10164, 850])
    let costs = [6 * 75 * 784, 16 * 150 * 100, 400 * 120, 120 * 84, 84 * 10]
    #expect(summary.operations.map(\.forwardCost) == costs && summary.forwardCost == costs.reduce(0, +))
    #expect(
      summary.phases.map(\.description) == [
        "rows: read, forward conv1, forward conv2",
        "units of fc1: forward fc1",
        "units of fc2: forward fc2",
        "rows: forward fc3, loss, backward fc3",
        "units of fc2: backward fc2",
        "rows: add blocks fc2",
        "units of fc1: backward fc1",
        "rows: add blocks fc1, backward conv2, backward conv1",
        "parameters: gradient, update",
      ])
  }

  @Test("in large batches, a step has two phases")
  func largeBatches() throws {
    let summary = try Network(Models.tutorial(), inputShape: [3, 32, 32]).summary(batchSize: 128)
    #expect(summary.phases.map { $0.stages.map(\.owner) } == [["rows"], ["parameters"]])
  }

  @Test("batch statistics add a barrier on each way, behind which gradients are computed, and clipping one more")
  func statistics() throws {
    let network = try Network(
      Sequential {
        Conv2d(3, 4, kernelSize: 3).named("conv")
        BatchNorm2d(4).named("bn")
        ReLU()
        Flatten()
        Linear(144, 2).named("fc")
      }, inputShape: [3, 8, 8])
    let phases = [
      "rows: read, forward conv, sum bn",
      "rows: forward bn, forward fc, loss, backward fc, sum gradients bn",
    ]
    #expect(
      network.summary(batchSize: 8).phases.map(\.description) == phases + [
        "parameters of fc: gradient, update; rows: backward bn, backward conv",
        "parameters of conv, bn: gradient, update",
      ])
    let summary = network.summary(batchSize: 8, clipsGradients: true)
    #expect(
      summary.phases.map(\.description) == phases + [
        "parameters of fc: gradient; rows: backward bn, backward conv",
        "parameters of conv, bn: gradient; parameters: square",
        "parameters: update",
      ])
    let whole = network.summary(batchSize: 8, optimizer: Muon(learningRate: 0.1, others: SGD(learningRate: 0.1)))
    #expect(whole.phases.last?.description == "parameters: update of whole matrices")
    #expect(summary.operations.map(\.kind) == ["Conv2d", "BatchNorm2d + ReLU", "Linear"])
    #expect(summary.inference.map(\.kind) == ["Conv2d + BatchNorm2d + ReLU", "Linear"])
    #expect(summary.statisticCount == 8 && summary.parameterCount == 3 * 4 * 9 + 4 + 8 + 290)
  }

  @Test("sums and normalisation between convolutions keep the channels last")
  func layouts() throws {
    let network = try Network(
      Sequential {
        Conv2d(3, 4, kernelSize: 3, padding: 1)
        Residual {
          BatchNorm2d(4)
          ReLU()
          Conv2d(4, 4, kernelSize: 3, padding: 1)
        }
        Conv2d(4, 4, kernelSize: 3)
        Flatten()
      }, inputShape: [3, 8, 8])
    let summary = network.summary(batchSize: 8)
    #expect(summary.operations.map(\.isChannelsLast) == [true, true, true, true, false])
  }

  @Test("what is frozen has no backward pass, and nothing before the first trained layer has one")
  func frozenLayers() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let inputs = DenseInputs((0..<4 * 3072).map { Float($0 % 11) / 11 }, shape: [3, 32, 32])
    let targets = try Targets.classIndices([1, 2, 3, 4], classCount: 10)
    let initial = Parameters(of: network, seed: 1)
    func trained(_ groups: [ParameterGroup]) -> Parameters {
      var plan = TrainingPlan(
        network, batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.1, momentum: 0.9), seed: 1,
        groups: groups)
      plan.step(Batch(inputs: inputs, targets: targets))
      return plan.parameters
    }
    let groups: [ParameterGroup] = [.init(.named("conv1"), isFrozen: true), .init(.named("conv2"), isFrozen: true)]
    let phases = network.summary(batchSize: 128, groups: groups).phases.map(\.description)
    #expect(
      phases == [
        "rows: read, forward conv1, forward conv2, forward fc1, forward fc2, forward fc3, loss, backward fc3, backward fc2, "
          + "backward fc1", "parameters: gradient, update",
      ])
    let (free, frozen) = (
      trained([]), trained([.init(.named("conv1"), isFrozen: true), .init(.named("fc2"), isFrozen: true)])
    )
    for entry in initial.entries {
      let isFrozen = entry.name.hasPrefix("conv1") || entry.name.hasPrefix("fc2")
      #expect(frozen[entry.name] == (isFrozen ? initial : free)[entry.name], "\(entry.name)")
    }
  }

  @Test("the memory that is foretold is what a plan takes, with and without clipping", arguments: [4, 200])
  func memory(batchSize: Int) throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    var sizes = Set<Int>()
    for norm in [nil, 1] as [Float?] {
      let plan = TrainingPlan(
        network, batchSize: batchSize, loss: CrossEntropy(), optimizer: AdamW(), seed: 1, maximumGradientNorm: norm,
        team: ThreadTeam(threadCount: 2))
      let size = plan.memorySize
      let foretold = TrainingPlan.memorySize(
        of: network, batchSize: batchSize, optimizer: AdamW(), threadCount: 2, clipsGradients: norm != nil)
      let summary = network.summary(
        batchSize: batchSize, optimizer: AdamW(), threadCount: 2, clipsGradients: norm != nil)
      #expect(size == foretold && size == summary.trainingMemory)
      sizes.insert(size)
    }
    // What clipping needs is room for all gradients at once, and for their squares.
    #expect(sizes.count == 2)
  }

  @Test("two recordings of one model are equal, and another model's is not")
  func identity() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let again = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let narrower = try Network(Models.tutorial(classCount: 5), inputShape: [3, 32, 32])
    let other = try Network(Models.mlp(hidden: [8], inputShape: [3, 32, 32]), inputShape: [3, 32, 32])
    #expect(network == again && network != narrower && network != other)
    struct Unknown: Layer {
      func outputShape(for input: Shape) -> Shape { input }
      func forward(_ pass: inout ForwardPass) {}
      func backward(_ pass: inout BackwardPass) {}
    }
    let own = try Network(Unknown(), inputShape: [2])
    let copy = own
    let recordedAgain = try Network(Unknown(), inputShape: [2])
    #expect(own == copy && own != recordedAgain)
  }
}
