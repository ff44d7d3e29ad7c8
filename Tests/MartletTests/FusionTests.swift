import Kernels
import Martlet
import MartletTestSupport
import Testing

/// A layer as the plan cannot know it: nothing is fused to it or into it.
struct Opaque: Layer {
  let layer: any Layer

  init(_ layer: any Layer) { self.layer = layer }

  func outputShape(for input: Shape) throws(ShapeError) -> Shape { try layer.outputShape(for: input) }
  func parameters(for input: Shape) -> [ParameterSpecification] { layer.parameters(for: input) }
  func memory(for input: Shape) -> LayerMemory { layer.memory(for: input) }
  func minimumRows(for input: Shape) -> Int { layer.minimumRows(for: input) }
  func pack(_ pass: inout PackPass) { layer.pack(&pass) }
  func sumForward(_ pass: inout SumPass) { layer.sumForward(&pass) }
  func forward(_ pass: inout ForwardPass) { layer.forward(&pass) }
  func sumBackward(_ pass: inout SumPass) { layer.sumBackward(&pass) }
  func backward(_ pass: inout BackwardPass) { layer.backward(&pass) }
  func gradient(_ pass: inout GradientPass) { layer.gradient(&pass) }
  func statistic(_ pass: inout StatisticPass) { layer.statistic(&pass) }
}

/// Layers one behind the other, as they are or each opaque; a list among them is the body of a residual block.
private struct Chain: Model {
  enum Part: Sendable {
    case layer(any Layer)
    case residual([any Layer], shortcut: [any Layer] = [])
    case flatten
  }

  let parts: [Part]
  let isOpaque: Bool

  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    var node = input
    for (index, part) in parts.enumerated() {
      switch part {
      case .layer(let layer): node = try apply(layer, to: node, name: "\(index)", in: &graph)
      case .flatten: node = try graph.reshape(node, to: [node.shape.count])
      case .residual(let layers, let shortcut):
        var start = node
        for (position, layer) in layers.enumerated() {
          node = try apply(layer, to: node, name: "\(index)-\(position)", in: &graph)
        }
        for (position, layer) in shortcut.enumerated() {
          start = try apply(layer, to: start, name: "\(index)-shortcut-\(position)", in: &graph)
        }
        node = try graph.add(start, node)
      }
    }
    return node
  }

  private func apply(
    _ layer: any Layer, to node: Graph.Node, name: String, in graph: inout Graph
  ) throws(ModelError) -> Graph.Node {
    let part: any Layer = isOpaque ? Opaque(layer) : layer
    return try graph.apply(part, to: node, name: name)
  }
}

/// A batch normalisation behind a convolution with a bias, and one whose parameters are not beside its convolution's.
private struct Foldable: Model {
  let isOpaque: Bool

  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    func part(_ layer: any Layer) -> any Layer { isOpaque ? Opaque(layer) : layer }
    let first = try graph.apply(part(Conv2d(2, 6, kernelSize: 3, padding: 1)), to: input, name: "conv1")
    var left = try graph.apply(part(BatchNorm2d(6)), to: first, name: "bn1")
    left = try graph.apply(part(ReLU()), to: left)
    left = try graph.apply(part(MaxPool2d(2)), to: left)
    let second = try graph.apply(part(Conv2d(6, 5, kernelSize: 1)), to: left, name: "conv2")
    let third = try graph.apply(part(Conv2d(6, 5, kernelSize: 1, bias: false)), to: left, name: "conv3")
    let right = try graph.apply(part(BatchNorm2d(5)), to: second, name: "bn2")
    let sum = try graph.add(
      right, try graph.apply(part(BatchNorm2d(5, scale: false, shift: false)), to: third, name: "bn3"))
    // Channels are reshaped away: nothing may lay these values out anew.
    let reshaped = try graph.reshape(sum, to: [20, 2, 2])
    let narrow = try graph.apply(part(Conv2d(6, 20, kernelSize: 3)), to: left, name: "conv4")
    let both = try graph.add(reshaped, narrow)
    let last = try graph.apply(part(Conv2d(20, 3, kernelSize: 2)), to: both, name: "conv5")
    return try graph.reshape(last, to: [3])
  }
}

/// A sum of two values whose channels were both reshaped away.
private struct ReshapedSum: Model {
  let isOpaque: Bool

  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    func part(_ layer: any Layer) -> any Layer { isOpaque ? Opaque(layer) : layer }
    let left = try graph.apply(part(Conv2d(2, 5, kernelSize: 5)), to: input, name: "conv1")
    let right = try graph.apply(part(Conv2d(2, 5, kernelSize: 5)), to: input, name: "conv2")
    let sum = try graph.add(graph.reshape(left, to: [20, 2, 2]), graph.reshape(right, to: [20, 2, 2]))
    let last = try graph.apply(part(Conv2d(20, 3, kernelSize: 2)), to: sum, name: "conv3")
    return try graph.reshape(last, to: [3])
  }
}

@Suite("Fused layers")
struct FusionTests {
  @Test("a sum of reshaped values keeps their order")
  func reshapedSum() throws {
    let source = RandomSource(seed: 13)
    let inputs = DenseInputs((0..<4 * 128).map { source.uniform(at: $0) * 2 - 1 }, shape: [2, 8, 8])
    let results = try [false, true].map { isOpaque in
      let network = try Network(ReshapedSum(isOpaque: isOpaque), inputShape: [2, 8, 8])
      var plan = TrainingPlan(
        network, batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.1), seed: 5)
      for _ in 0..<3 {
        plan.step(Batch(inputs: inputs, targets: try .classIndices([0, 1, 2, 0], classCount: 3)))
      }
      return plan.parameters.values
    }
    #expect(relativeError(results[0], results[1].map(Double.init)) <= 1e-4)
  }

  @Test("batch norm is folded into convolutions with and without bias, and reshaped values keep their order")
  func folding() throws {
    let source = RandomSource(seed: 12)
    let inputs = DenseInputs((0..<9 * 128).map { source.uniform(at: $0) * 2 - 1 }, shape: [2, 8, 8])
    let targets = try Targets.classIndices((0..<9).map { $0 % 3 }, classCount: 3)
    let results = try [false, true].map { isOpaque in
      let network = try Network(Foldable(isOpaque: isOpaque), inputShape: [2, 8, 8])
      var plan = TrainingPlan(
        network, batchSize: 9, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.05), seed: 5)
      for _ in 0..<4 { plan.step(Batch(inputs: inputs, targets: targets)) }
      var inference = InferencePlan(network, batchSize: 9, parameters: plan.parameters)
      let logits = inference.logits(for: inputs, at: ArraySlice(0..<9))
      return (plan.parameters.values, logits.indices.map { logits[$0] })
    }
    #expect(relativeError(results[0].0, results[1].0.map(Double.init)) <= 1e-4)
    #expect(relativeError(results[0].1, results[1].1.map(Double.init)) <= 1e-4)
    let network = try Network(Foldable(isOpaque: false), inputShape: [2, 8, 8])
    // The parameters of bn2 come behind those of conv3, so it stays by itself.
    let kinds = network.summary(batchSize: 9).inference.map(\.kind)
    #expect(kinds.prefix(4) == ["Conv2d + BatchNorm2d + ReLU + MaxPool2d", "Conv2d", "Conv2d", "BatchNorm2d"])
  }

  private static let networks: [[Chain.Part]] = [
    // What the tutorial does.
    [
      .layer(Conv2d(3, 6, kernelSize: 5)), .layer(ReLU()), .layer(MaxPool2d(2)), .layer(Conv2d(6, 9, kernelSize: 3)),
      .layer(ReLU()), .layer(MaxPool2d(2)), .flatten, .layer(Linear(144, 4)),
    ],
    // Pooling before ReLU.
    [
      .layer(Conv2d(3, 20, kernelSize: 3, padding: 1)), .layer(MaxPool2d(2)), .layer(ReLU()), .flatten,
      .layer(Linear(2880, 4)),
    ],
    // Convolutions side by side, whose values have their channels last.
    [
      .layer(Conv2d(3, 10, kernelSize: 3)), .layer(ReLU()), .layer(Conv2d(10, 7, kernelSize: 3, bias: false)),
      .layer(Conv2d(7, 5, kernelSize: 2)), .layer(ReLU()), .layer(MaxPool2d(2)), .flatten, .layer(Linear(405, 4)),
    ],
    // What cannot be fused: strides, other windows, a rectifier behind a reshape.
    [
      .layer(Conv2d(3, 8, kernelSize: 3, stride: 2, padding: 2)), .layer(ReLU()), .layer(MaxPool2d(2)), .flatten,
      .layer(Linear(288, 4)),
    ],
    [
      .layer(Conv2d(3, 8, kernelSize: 3)), .layer(ReLU()), .layer(MaxPool2d(3, stride: 2)), .layer(ReLU()), .flatten,
      .layer(Linear(800, 4)),
    ],
    [.layer(Conv2d(3, 6, kernelSize: 9, stride: 5)), .flatten, .layer(ReLU()), .layer(Linear(96, 4))],
    // A convolution that is read by a rectifier and a sum, and a sum between convolutions.
    [
      .layer(Conv2d(3, 6, kernelSize: 3)), .residual([ReLU(), Conv2d(6, 6, kernelSize: 3, padding: 1), ReLU()]),
      .layer(Conv2d(6, 4, kernelSize: 3)), .layer(MaxPool2d(2)), .flatten, .layer(Linear(400, 4)),
    ],
    // Pooling among values whose channels are last, and over whole images at the end.
    [
      .layer(Conv2d(3, 10, kernelSize: 3, bias: false)), .layer(BatchNorm2d(10)), .layer(ReLU()),
      .layer(MaxPool2d(3, stride: 2, padding: 1)), .layer(Conv2d(10, 9, kernelSize: 3, bias: false)),
      .layer(BatchNorm2d(9)),
      .layer(MaxPool2d(2)), .residual([Conv2d(9, 9, kernelSize: 3, padding: 1, bias: false), BatchNorm2d(9), ReLU()]),
      .layer(AdaptiveAvgPool2d(1)), .flatten, .layer(Linear(9, 4)),
    ],
    [
      .layer(Conv2d(3, 12, kernelSize: 3)), .layer(AvgPool2d(3, stride: 2, padding: 1)),
      .layer(Conv2d(12, 10, kernelSize: 2)), .layer(AdaptiveMaxPool2d(2)), .layer(AdaptiveAvgPool2d(2)),
      .layer(Conv2d(10, 10, kernelSize: 1)), .layer(AdaptiveMaxPool2d(1)), .flatten, .layer(Linear(10, 4)),
    ],
    // Sums with a rectifier behind them, and shortcuts of both kinds.
    [
      .layer(Conv2d(3, 9, kernelSize: 3, bias: false)), .layer(BatchNorm2d(9)), .layer(ReLU()),
      .residual(
        [Conv2d(9, 10, kernelSize: 3, stride: 2, padding: 1, bias: false), BatchNorm2d(10)],
        shortcut: [Conv2d(9, 10, kernelSize: 1, stride: 2, bias: false), BatchNorm2d(10)]),
      .layer(ReLU()),
      .residual(
        [Conv2d(10, 17, kernelSize: 3, stride: 2, padding: 1), ReLU(), Conv2d(17, 17, kernelSize: 1)],
        shortcut: [SubsamplingShortcut(17)]),
      .layer(ReLU()), .layer(AdaptiveAvgPool2d(1)), .flatten, .layer(Linear(17, 4)),
    ],
    // Groups, depthwise convolutions and borders, with what a convolution absorbs behind them; channels last between them.
    [
      .layer(Conv2d(3, 18, kernelSize: 3, padding: 1, paddingMode: .reflect)), .layer(ReLU()), .layer(MaxPool2d(2)),
      .layer(Conv2d(18, 18, kernelSize: 3, stride: 2, padding: 1, groups: 18, bias: false)), .layer(BatchNorm2d(18)),
      .layer(ReLU()), .layer(Conv2d(18, 16, kernelSize: 1)), .layer(ReLU()),
      .layer(Conv2d(16, 16, kernelSize: 2, padding: .same, groups: 16, paddingMode: .circular)), .layer(ReLU()),
      .layer(ReplicationPad2d(1)), .layer(Conv2d(16, 12, kernelSize: 3, groups: 4, bias: false)),
      .layer(BatchNorm2d(12)), .layer(ReLU()), .layer(Conv2d(12, 9, kernelSize: 2, padding: .same, groups: 3)),
      .layer(MaxPool2d(2)), .layer(Conv2d(9, 5, kernelSize: 2, padding: .same)), .layer(ReLU()),
      .layer(MaxPool2d(2)), .flatten, .layer(Linear(5, 4)),
    ],
    // Linear layers wide enough for their units to be shared out, by themselves and in a residual block.
    [
      .flatten, .layer(Linear(1728, 96)), .layer(ReLU()), .layer(Linear(96, 90)), .layer(ReLU()), .layer(ReLU()),
      .layer(Linear(90, 4)),
    ],
    [
      .flatten, .layer(Linear(1728, 96)), .residual([Linear(96, 96), ReLU(), Linear(96, 96)]), .layer(Linear(96, 4)),
    ],
  ]

  @Test("batch norm is folded into convolutions in groups, which take rectifiers but no pooling")
  func groups() throws {
    let summary = try Network(Chain(parts: Self.networks[10], isOpaque: false), inputShape: [3, 24, 24])
      .summary(batchSize: 2)
    let kinds = summary.inference.map(\.kind)
    #expect(
      kinds == [
        "Conv2d + ReLU + MaxPool2d", "Conv2d + BatchNorm2d + ReLU", "Conv2d + ReLU", "Conv2d + ReLU",
        "ReplicationPad2d", "Conv2d + BatchNorm2d + ReLU", "Conv2d", "MaxPool2d", "Conv2d + ReLU + MaxPool2d", "Linear",
      ])
    #expect(summary.inference.dropLast(2).allSatisfy { $0.isChannelsLast })
    // One multiply-add for each element of the kernel: 18 channels of 6×6 outputs.
    #expect(summary.operations[1].forwardCost == 18 * 9 * 36 && summary.operations[1].parameterCount == 18 * 9)
  }

  @Test("a sum is computed together with the rectifier behind it, unless somebody else reads it")
  func rectifiedSum() throws {
    let model = Chain(parts: Self.networks[9], isOpaque: false)
    let kinds = try Network(model, inputShape: [3, 24, 24]).summary(batchSize: 2).operations.map(\.kind)
    #expect(kinds.count { $0 == "Sum + ReLU" } == 2 && !kinds.contains("Sum") && !kinds.contains("ReLU"))
    let shared = Chain(
      parts: [.layer(Linear(4, 4)), .residual([Linear(4, 4)]), .residual([ReLU()])], isOpaque: false)
    let sums = try Network(shared, inputShape: [4]).summary(batchSize: 2).operations.map(\.kind)
    #expect(sums == ["Linear", "Linear", "Sum", "ReLU", "Sum"])
  }

  @Test("pooling keeps channels last, and takes them last where it leaves one pixel")
  func poolingLayouts() throws {
    func isLast(_ parts: [Chain.Part]) throws -> [Bool] {
      try Network(Chain(parts: parts, isOpaque: false), inputShape: [3, 24, 24]).summary(batchSize: 2).operations
        .map(\.isChannelsLast)
    }
    // Convolution, normalisation, pooling, convolution, normalisation, pooling; the residual block; what is behind it.
    #expect(try isLast(Self.networks[7]) == Array(repeating: true, count: 9) + [false, false])
    #expect(try isLast(Self.networks[9]).dropLast(2).allSatisfy { $0 })
    #expect(try isLast(Self.networks[8]) == [true, true, true, true, true, true, false, false])
  }

  @Test(
    "give the losses, gradients and logits of the same layers one by one", arguments: networks.indices, [3, 40, 80])
  func fusedAndOpaque(network: Int, rows: Int) throws {
    let shape: Shape = [3, 24, 24]
    let source = RandomSource(seed: 31)
    let inputs = DenseInputs((0..<rows * shape.count).map { source.uniform(at: $0) * 2 - 1 }, shape: shape)
    let labels = try Targets.classIndices((0..<rows).map { $0 % 4 }, classCount: 4)
    let results = try [false, true].map { isOpaque in
      let model = Chain(parts: Self.networks[network], isOpaque: isOpaque)
      var plan = try TrainingPlan(
        Network(model, inputShape: shape), batchSize: rows, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.1),
        seed: 4,
        team: ThreadTeam(threadCount: 2), keepsGradients: true)
      let loss = plan.step(Batch(inputs: inputs, targets: labels)).loss
      let gradients = plan.gradients
      var inference = try InferencePlan(Network(model, inputShape: shape), batchSize: rows, parameters: plan.parameters)
      let span = inference.logits(for: inputs, at: ArraySlice(0..<rows))
      var logits: [Float] = []
      for index in span.indices { logits.append(span[index]) }
      return (loss: loss, gradients: gradients, logits: logits)
    }
    let (fused, opaque) = (results[0], results[1])
    #expect(abs(fused.loss - opaque.loss) <= 1e-5)
    #expect(fused.gradients.entries == opaque.gradients.entries)
    // Sums over the batch, which depend on the layout, cancel behind a normalisation, and leave rounding errors.
    let isNormalised = fused.gradients.entries.contains { $0.name.contains("running_") }
    let tolerance: Float = isNormalised ? 5e-5 : 1e-5
    for entry in fused.gradients.entries where !entry.name.contains("running_") {
      let (found, expected) = (fused.gradients[entry.name], opaque.gradients[entry.name])
      let scale = expected.map(\.magnitude).max() ?? 0
      let difference = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(scale > 0 && difference <= tolerance * scale, "\(entry.name): \(difference) at \(scale)")
    }
    let difference = zip(fused.logits, opaque.logits).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference <= 1e-5)
  }
}

@Suite("Large batches and wide layers")
struct LargeBatchTests {
  /// Examples of the tutorial's shape.
  private func examples(_ count: Int) throws -> (inputs: DenseInputs, targets: Targets) {
    let source = RandomSource(seed: 32)
    return (
      DenseInputs((0..<count * 3072).map { source.uniform(at: $0) * 2 - 1 }, shape: [3, 32, 32]),
      try .classIndices((0..<count).map { $0 % 10 }, classCount: 10)
    )
  }

  @Test("a batch of several parts has the gradient of all its rows")
  func parts() throws {
    let (inputs, targets) = try examples(400)
    func gradients(_ rows: Range<Int>) throws -> Parameters {
      var plan = try TrainingPlan(
        Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: rows.count, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 0), seed: 1, keepsGradients: true)
      plan.step(Batch(inputs: inputs, targets: targets, indices: ArraySlice(rows)))
      return plan.gradients
    }
    let whole = try gradients(0..<400)
    let quarters = try (0..<4).map { try gradients($0 * 100..<($0 + 1) * 100) }
    for entry in whole.entries {
      let found = whole[entry.name]
      let scale = found.map(\.magnitude).max() ?? 0
      for index in found.indices {
        let mean = quarters.reduce(Float(0)) { $0 + $1.values[entry.offset + index] } / 4
        #expect(abs(found[index] - mean) <= 1e-5 * scale)
      }
    }
  }

  @Test("weights are bit-identical for any number of threads", arguments: [20, 200])
  func bitIdentical(batchSize: Int) throws {
    let (inputs, targets) = try examples(400)
    let results = try [1, 2, 3, 5].map { threads in
      var plan = try TrainingPlan(
        Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: batchSize, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 0.1, momentum: 0.9), seed: 1, team: ThreadTeam(threadCount: threads))
      for step in 0..<4 {
        let first = step * batchSize % 200
        // The last batch is smaller than the plan's.
        let count = step == 3 ? batchSize - 7 : batchSize
        plan.step(Batch(inputs: inputs, targets: targets, indices: ArraySlice(first..<first + count)))
      }
      return plan.parameters.values.map(\.bitPattern)
    }
    for result in results.dropFirst() { #expect(differences(result, results[0]) == 0) }
  }

  @Test("wide linear layers in a residual block are bit-identical for any number of threads", arguments: [5, 20])
  func sharedBitIdentical(batchSize: Int) throws {
    let model = Sequential {
      Flatten()
      Linear(3072, 128)
      ReLU()
      Residual {
        Linear(128, 128)
        ReLU()
        Linear(128, 128)
      }
      Linear(128, 10)
    }
    let (inputs, targets) = try examples(20)
    let results = try [1, 2, 3, 4, 6].map { threads in
      var plan = try TrainingPlan(
        Network(model, inputShape: [3, 32, 32]), batchSize: batchSize, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 0.01),
        seed: 1, team: ThreadTeam(threadCount: threads))
      for step in 0..<12 {
        let first = step * batchSize % 20
        plan.step(Batch(inputs: inputs, targets: targets, indices: ArraySlice(first..<first + batchSize)))
      }
      return plan.parameters.values.map(\.bitPattern)
    }
    for result in results.dropFirst() { #expect(differences(result, results[0]) == 0) }
  }

  @Test("small networks ask for one thread, large ones for all processors")
  func usefulThreads() throws {
    let small = try TrainingPlan.usefulThreadCount(
      of: Network(Models.mlp(hidden: [8], inputShape: [16], classCount: 4), inputShape: [16]), batchSize: 4)
    #expect(small == 1)
    // 2.6 million multiply-adds forward.
    let tutorial = try TrainingPlan.usefulThreadCount(
      of: Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: 4)
    #expect(tutorial == min(8, ThreadTeam.processorCount))
    let large = try TrainingPlan.usefulThreadCount(
      of: Network(Models.tutorial(), inputShape: [3, 32, 32]), batchSize: 512)
    #expect(large == ThreadTeam.processorCount)
  }
}
