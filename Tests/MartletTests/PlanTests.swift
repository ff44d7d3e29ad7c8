import CAllocationCounter
import Foundation
import Kernels
import Martlet
import Testing

/// Pseudo-images and labels for whole training steps.
private struct Scene {
  let inputs: DenseInputs
  let targets: Targets

  init(count: Int, shape: Shape = [3, 32, 32], soft: Bool = false) throws {
    let source = RandomSource(seed: 11)
    inputs = DenseInputs(
      (0..<count * shape.count).map { source.uniform(at: $0) * 2 - 1 }, shape: shape, normalization: .minusOneToOne)
    let labels = (0..<count).map { source.stream("labels").integer(below: 10, at: $0) }
    let hard = try Targets.classIndices(labels, classCount: 10)
    targets =
      soft
      ? try .probabilities((0..<count).flatMap { hard.distribution(at: $0).map { $0 * 0.9 + 0.01 } }, classCount: 10)
      : hard
  }

  func batch(_ step: Int, size: Int) -> Batch {
    let start = step * size % inputs.count
    return Batch(inputs: inputs, targets: targets, indices: ArraySlice(start..<min(start + size, inputs.count)))
  }
}

/// How many elements differ. Comparing two long arrays in an expectation would print their difference, for minutes.
func differences(_ a: [UInt32], _ b: [UInt32]) -> Int {
  zip(a, b).count { $0 != $1 } + abs(a.count - b.count)
}

@Suite("Training plan")
struct TrainingPlanTests {
  /// Weights after `steps` steps of the tutorial network.
  private func train(threads: Int, steps: Int, batchSize: Int, soft: Bool) throws -> [UInt32] {
    let scene = try Scene(count: 60, soft: soft)
    var plan = try TrainingPlan(
      Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: batchSize,
      loss: CrossEntropy(labelSmoothing: 0.1),
      optimizer: SGD(learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4, nesterov: true), seed: 1,
      team: ThreadTeam(threadCount: threads))
    for step in 0..<steps { plan.step(scene.batch(step, size: batchSize)) }
    return plan.parameters.values.map(\.bitPattern)
  }

  @Test("weights after 200 steps are bit-identical for 1, 2, 3, 4 and 7 threads", arguments: [4, 7])
  func bitIdentical(batchSize: Int) throws {
    let one = try train(threads: 1, steps: 200, batchSize: batchSize, soft: false)
    for threads in [2, 3, 4, 7] {
      let many = try train(threads: threads, steps: 200, batchSize: batchSize, soft: false)
      #expect(differences(one, many) == 0, "\(threads) threads")
    }
    #expect(Set(one).count > 1000)
  }

  @Test("a residual convolution is bit-identical for any number of threads")
  func bitIdenticalResidual() throws {
    let model = Sequential {
      Conv2d(3, 5, kernelSize: 3, stride: 2, padding: 1)
      Residual {
        Conv2d(5, 5, kernelSize: 3, padding: 1)
        ReLU()
      }
      MaxPool2d(3, stride: 2, padding: 1)
      Flatten()
      Linear(320, 10)
    }
    let scene = try Scene(count: 24, soft: true)
    let results = try [1, 2, 5].map { threads in
      var plan = try TrainingPlan(
        Network(model, inputShape: [3, 32, 32]), batchSize: 6, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 0.01, momentum: 0.9), seed: 2, team: ThreadTeam(threadCount: threads))
      for step in 0..<20 { plan.step(scene.batch(step, size: 6)) }
      return plan.parameters
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// An identity whose way back takes long for rows whose first input is marked.
  private struct Stall: Layer {
    func outputShape(for input: Shape) -> Shape { input }

    func forward(_ pass: inout ForwardPass) {
      for i in pass.input.indices { pass.output[i] = pass.input[i] }
    }

    func backward(_ pass: inout BackwardPass) {
      for i in pass.outputGradient.indices { pass.inputGradient[i] = pass.outputGradient[i] }
      if pass.input[0] > 50 { usleep(3000) }
    }
  }

  @Test("threads that come to residual blocks of different widths at different times do not disturb each other")
  func residualsOfSeveralWidths() throws {
    // The first row's thread is held up in the wide block, while the others go on to the narrow one.
    let model = Sequential {
      Linear(2, 4)
      Residual {
        Stall()
        Linear(4, 4)
      }
      Linear(4, 64)
      Residual {
        Stall()
        Linear(64, 64)
      }
      Linear(64, 3)
    }
    var parameters = try Parameters(of: Network(model, inputShape: [2]), seed: 5)
    // The first input reaches the stalling layers as it is.
    parameters["0.weight"] = [1, 0, 0, 0.5, 0.5, 0, 0, 1]
    parameters["2.weight"] = (0..<256).map { $0 == 0 ? 1 : RandomSource(seed: 6).uniform(at: $0) - 0.5 }
    let inputs = DenseInputs([100, 1, 0.5, 0.25, -1, 0.75, 0.1, 0.2], shape: [2])
    let targets = try Targets.classIndices([0, 1, 2, 1], classCount: 3)
    let results = try [1, 2, 4].map { threads in
      var plan = try TrainingPlan(
        Network(model, inputShape: [2]), batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 1e-5),
        parameters: parameters, team: ThreadTeam(threadCount: threads))
      for _ in 0..<5 { plan.step(Batch(inputs: inputs, targets: targets)) }
      return plan.parameters
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// How many allocations the thread of each member of a team has made.
  private final class Counts: Sendable {
    struct Work: TeamWork {
      let arena: Arena
      let buffer: ArenaBuffer
      func run(as member: TeamMember) {
        // Two halves, so that the count fits into the arena's floats exactly.
        let count = allocation_count_of_this_thread()
        var slot = arena.mutableSpan(buffer.part(member.index * 2..<member.index * 2 + 2))
        slot[0] = Float(count & 0xFFFF)
        slot[1] = Float(count >> 16)
      }
    }

    private let team: ThreadTeam
    private let arena: Arena
    private let buffer: ArenaBuffer

    init(_ team: ThreadTeam) {
      self.team = team
      var layout = ArenaLayout()
      buffer = layout.reserve(team.threadCount * 2)
      arena = Arena(layout)
    }

    func now() -> [UInt64] {
      let arena = arena
      team.run(Work(arena: arena, buffer: buffer))
      let span = arena.span(buffer)
      // At once: how often an array grows on its way depends on the blocks that the heap happens to have.
      var counts: [UInt64] = []
      counts.reserveCapacity(team.threadCount)
      for index in 0..<team.threadCount { counts.append(UInt64(span[index * 2]) + UInt64(span[index * 2 + 1]) << 16) }
      return counts
    }
  }

  private static let residual = Sequential {
    Conv2d(3, 4, kernelSize: 3, stride: 4)
    Residual {
      Conv2d(4, 4, kernelSize: 3, padding: 1)
      ReLU()
      Residual { Conv2d(4, 4, kernelSize: 1) }
    }
    MaxPool2d(2)
    Flatten()
    Linear(64, 10)
  }

  @Test(
    "a step allocates nothing after the first, on any thread", .enabled(if: allocationsAreCounted),
    arguments: [1, 2, 3],
    // The last one's batches go through the network in two parts.
    [
      (Models.tutorial(), false, 4), (Models.tutorial(), true, 4), (residual, false, 4),
      (Models.tutorial(), false, 200),
    ])
  func noAllocations(threads: Int, network: (model: Sequential, soft: Bool, batchSize: Int)) throws {
    let (model, soft, batchSize) = network
    let team = ThreadTeam(threadCount: threads)
    let scene = try Scene(count: 8 * batchSize, soft: soft)
    let batches = (0..<8).map { scene.batch($0, size: batchSize) }
    var plan = try TrainingPlan(
      Network(model, inputShape: [3, 32, 32]), batchSize: batchSize, loss: CrossEntropy(labelSmoothing: 0.1),
      optimizer: SGD(learningRate: 0.001, momentum: 0.9), seed: 1, team: team)
    let counts = Counts(team)
    plan.step(batches[0])
    _ = counts.now()
    let before = counts.now()
    let between = counts.now()
    let steps = 400 / batchSize
    for step in 0..<steps { plan.step(batches[step % 8]) }
    let after = counts.now()
    // Asking costs the caller an array; what one question costs is taken off.
    let cost = zip(before, between).map { $1 - $0 }
    let during = zip(between, after).map { $1 - $0 }
    #expect(during == cost, "allocations in \(steps) steps: \(during), of which asking makes \(cost)")
    #expect(cost[0] > 0, "the counter counts nothing")
  }

  /// The counter knows glibc's heap alone.
  private static let allocationsAreCounted: Bool = {
    #if os(Linux)
      true
    #else
      false
    #endif
  }()

  @Test(
    "nor with normalisation, dropout, branches, groups, clipping, augmentation, mixtures, schedules and averages",
    .enabled(if: allocationsAreCounted), arguments: [1, 3],
    [
      AdamW(), Adam(amsgrad: true), RMSprop(momentum: 0.9, centered: true),
      Muon(learningRate: 0.01, matrices: .matching("*weight"), others: SGD(learningRate: 0.1)),
    ] as [any Optimizer])
  func noAllocationsElsewhere(threads: Int, optimizer: any Optimizer) throws {
    let network = try Network(
      Sequential {
        Conv2d(3, 4, kernelSize: 3, stride: 4, bias: false)
        BatchNorm2d(4)
        ReLU()
        Concatenation {
          Conv2d(4, 4, kernelSize: 1)
          AvgPool2d(3, stride: 1, padding: 1)
        }
        GroupNorm(groups: 2, channels: 8)
        AdaptiveAvgPool2d(2)
        Flatten()
        Dropout(0.2)
        Linear(32, 10)
      }, inputShape: [3, 32, 32])
    let team = ThreadTeam(threadCount: threads)
    let scene = try Scene(count: 32)
    let inputs = AugmentedInputs(
      scene.inputs,
      [
        RandomHorizontalFlip(), AlternatingHorizontalFlip(), RandomCrop(padding: 2),
        RandomCrop(padding: 3, mode: .reflect),
        Cutout(size: 6), RandomErasing(), ColorJitter(brightness: 0.4, contrast: 0.4),
      ])
    let batches = (0..<4).map { step in
      Batch(
        inputs: inputs, targets: scene.targets,
        rows: (0..<8).map {
          BatchRow(
            example: step * 8 + $0, view: 1,
            partner: .init(
              example: step * 8 + 7 - $0, share: 0.3,
              region: $0 % 2 == 0 ? ImageRegion(rows: 2..<9, columns: 0..<30) : nil))
        })
    }
    var plan = TrainingPlan(
      network, batchSize: 8, loss: CrossEntropy(), optimizer: optimizer, seed: 1,
      groups: [
        .init(.roles([.bias, .scale]), weightDecay: 0), .init(.matching("*.weight"), maximumNorm: 0.5),
        .init(.named("0"), schedule: UntilLR(.steps(20))),
      ], maximumGradientNorm: 1, maximumGradientValue: 0.1, team: team)
    let schedule: any LearningRateSchedule = WarmupLR(for: .steps(8), from: 0.1, then: CosineAnnealingLR())
    var (slow, average) = (plan.parameters, plan.parameters)
    func step(_ plan: inout TrainingPlan) {
      plan.setLearningRate(
        by: schedule, at: TrainingPosition(step: plan.stepCount, stepsPerEpoch: 4, stepCount: 44))
      plan.step(batches[plan.stepCount % 4])
      plan.blend(into: &average, share: 0.01)
      guard plan.stepCount % 5 == 0 else { return }
      plan.blend(into: &slow, share: 0.5)
      plan.parameters = slow
      plan.measureStatistics(batches[0], share: 0.5)
    }
    let counts = Counts(team)
    for _ in 0..<5 { step(&plan) }
    _ = counts.now()
    let before = counts.now()
    let between = counts.now()
    for _ in 0..<40 { step(&plan) }
    let after = counts.now()
    let cost = zip(before, between).map { $1 - $0 }
    let during = zip(between, after).map { $1 - $0 }
    #expect(during == cost, "allocations in 40 steps: \(during), of which asking makes \(cost)")
  }

  @Test("the allocation counter counts", .enabled(if: allocationsAreCounted))
  func counterCounts() {
    let before = allocation_count_of_this_thread()
    let array = [Int](unsafeUninitializedCapacity: 1000) { buffer, count in
      buffer[0] = 1
      count = 1
    }
    #expect(array.count == 1)
    #expect(allocation_count_of_this_thread() > before)
  }

  @Test("a batch smaller than the plan's is trained on its own rows alone")
  func smallBatch() throws {
    let scene = try Scene(count: 8)
    func parameters(batchSize: Int) throws -> Parameters {
      var plan = try TrainingPlan(
        Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: batchSize, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 0.01), seed: 1)
      if batchSize == 8 { plan.step(scene.batch(0, size: 8)) }
      plan.parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
      plan.step(scene.batch(0, size: 3))
      return plan.parameters
    }
    #expect(try parameters(batchSize: 3) == parameters(batchSize: 8))
  }

  @Test("inference gives the logits that training sees")
  func inference() throws {
    let scene = try Scene(count: 6)
    let parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 3)
    var logits: [[Float]] = []
    for (threads, size) in [(1, 6), (2, 4), (3, 1)] {
      var plan = try InferencePlan(
        Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: size, parameters: parameters,
        team: ThreadTeam(threadCount: threads))
      var all: [Float] = []
      for start in stride(from: 0, to: 6, by: size) {
        let span = plan.logits(for: scene.inputs, at: ArraySlice(start..<min(6, start + size)))
        for index in span.indices { all.append(span[index]) }
      }
      logits.append(all)
    }
    #expect(logits[0] == logits[1] && logits[0] == logits[2])

    var plan = try TrainingPlan(
      Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: 6, loss: CrossEntropy(),
      optimizer: SGD(learningRate: 0), parameters: parameters)
    let expected = evaluate(CrossEntropy(), logits: logits[0], targets: scene.targets).loss
    #expect(plan.step(scene.batch(0, size: 6)).loss == expected)
  }
}

@Suite("Recording")
struct RecordingTests {
  private func error(_ model: some Model, _ shape: Shape) -> String {
    do {
      _ = try Parameters(of: Network(model, inputShape: shape), seed: 0)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test("a layer that does not fit is named, with what it found and expected")
  func misfits() {
    #expect(
      error(Models.tutorial(), [1, 32, 32])
        == "conv1: This convolution takes 3 channels, but its input is (1, 32, 32).")
    #expect(
      error(Models.tutorial(inputShape: [3, 9, 9]), [3, 9, 9])
        == "conv2: A kernel that reaches over 5×5 does not fit into an input of 2×2.")
    #expect(error(Linear(4, 2).named("head"), [5]) == "head: This linear layer takes 4 features, but its input has 5.")
    #expect(
      error(Linear(4, 2), [2, 2])
        == "Linear: A linear layer takes vectors, but its input is (2, 2); put a Flatten() before it.")
    #expect(
      error(Sequential { MaxPool2d(2) }, [3]) == "0: Pooling takes (channels, height, width), but its input is (3,).")
  }

  @Test("a residual body must keep its input's shape")
  func residualShape() {
    let model = Sequential { Residual { Linear(4, 3) }.named("block") }
    #expect(
      error(model, [4]) == "block: Values of shape (4,) and (3,) cannot be added; both must have one shape.")
  }

  @Test("two layers of one name are an error")
  func duplicateNames() {
    let model = Sequential {
      Linear(2, 2).named("fc")
      Linear(2, 2).named("fc")
    }
    #expect(error(model, [2]) == "fc: Two layers of this name have a 'weight'; names must differ.")
  }

  @Test("an output that nobody uses is an error")
  func unused() {
    struct Forgetful: Model {
      func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
        _ = try graph.apply(Linear(2, 2), to: input, name: "lost")
        return try graph.apply(Linear(2, 2), to: input, name: "kept")
      }
    }
    #expect(error(Forgetful(), [2]) == "lost: The output of this part is used nowhere; remove it, or return it.")
  }
}

@Suite("Models")
struct ModelsTests {
  @Test("the tutorial network has PyTorch's 62,006 parameters, names and shapes")
  func tutorial() throws {
    let parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
    #expect(parameters.count == 62_006)
    #expect(
      parameters.entries.map { "\($0.name) \($0.shape)" } == [
        "conv1.weight (6, 3, 5, 5)", "conv1.bias (6,)", "conv2.weight (16, 6, 5, 5)", "conv2.bias (16,)",
        "fc1.weight (120, 400)", "fc1.bias (120,)", "fc2.weight (84, 120)", "fc2.bias (84,)", "fc3.weight (10, 84)",
        "fc3.bias (10,)",
      ])
  }

  @Test("on one channel of 28×28, fc1 takes 256 features")
  func tutorialOnMNIST() throws {
    let model = Models.tutorial(inputShape: [1, 28, 28])
    let parameters = try Parameters(of: Network(model, inputShape: [1, 28, 28]), seed: 1)
    #expect(parameters.shape(of: "conv1.weight") == [6, 1, 5, 5])
    #expect(parameters.shape(of: "fc1.weight") == [120, 256])
  }

  @Test("a perceptron of two hidden layers")
  func mlp() throws {
    let parameters = try Parameters(of: Network(Models.mlp(hidden: [512, 512]), inputShape: [1, 28, 28]), seed: 1)
    #expect(parameters.entries.map(\.name) == [1, 2, 3].flatMap { ["fc\($0).weight", "fc\($0).bias"] })
    #expect(parameters.count == 784 * 512 + 512 + 512 * 512 + 512 + 5120 + 10)
  }

  @Test("weights are uniform in ±1/√fan-in, and depend on seed and name alone")
  func initialization() throws {
    let parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
    for (name, fanIn) in [("conv1.weight", 75), ("conv2.weight", 150), ("fc1.weight", 400), ("fc1.bias", 400)] {
      let values = parameters[name]
      let bound = 1 / Float(fanIn).squareRoot()
      #expect(values.allSatisfy { abs($0) <= bound }, "\(name)")
      #expect((values.max() ?? 0) > bound * 0.9 && (values.min() ?? 0) < -bound * 0.9, "\(name)")
      let mean = values.reduce(0, +) / Float(values.count)
      #expect(abs(mean) < bound * 2 / Float(values.count).squareRoot(), "\(name)")
    }
    let other = Sequential {
      Flatten()
      Linear(3072, 400).named("before")
      Linear(400, 120).named("fc1")
    }
    let moved = try Parameters(of: Network(other, inputShape: [3, 32, 32]), seed: 1)
    #expect(moved["fc1.weight"] == parameters["fc1.weight"])
    let reseeded = try Parameters(of: Network(other, inputShape: [3, 32, 32]), seed: 2)
    #expect(reseeded["fc1.weight"] != parameters["fc1.weight"])
  }

  @Test("parts of a sequence without a name are called by their position")
  func positions() throws {
    let model = Sequential {
      Linear(2, 3)
      ReLU()
      Residual { Linear(3, 3) }
      Sequential { Linear(3, 2) }.named("head")
    }
    let parameters = try Parameters(of: Network(model, inputShape: [2]), seed: 1)
    #expect(
      parameters.entries.map(\.name) == [
        "0.weight", "0.bias", "2.0.weight", "2.0.bias", "head.0.weight", "head.0.bias",
      ])
  }
}
