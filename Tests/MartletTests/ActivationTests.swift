import Kernels
import Martlet
import MartletTestSupport
import Testing

/// An activation far from 0 and close to it, and what PyTorch makes of it.
struct ExtremeCase: Decodable, Sendable, CustomTestStringConvertible {
  let layer: LayerDescription
  let input: Numbers
  let output: Numbers
  let slope: Numbers

  var testDescription: String { layer.kind }

  static let all: [ExtremeCase] = (try? Fixture.load("activation-extremes.json", from: .module)) ?? []
}

@Suite("Activations as layers")
struct ActivationTests {
  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(ExtremeCase.all.count == 9) }

  @Test("agree with PyTorch element by element, far from 0 and close to it", arguments: ExtremeCase.all)
  func extremes(testCase: ExtremeCase) throws {
    let input = testCase.input.floats
    let runner = try LayerRunner(testCase.layer.layer(), inputShape: [input.count], rows: 1)
    let output = runner.forward(input: input, parameters: [])
    let slope = runner.backward(
      input: input, parameters: [], outputGradient: Array(repeating: 1, count: input.count))
    for (index, x) in input.enumerated() {
      let (value, derivative) = (testCase.output.doubles[index], testCase.slope.doubles[index])
      #expect(abs(Double(output[index]) - value) <= 1e-5 * abs(value) + 1e-15 * Double(abs(x)), "f(\(x))")
      // Some slopes pass through 0 near −1, as a difference of two larger numbers.
      let slack = abs(x) < 2 ? 1e-7 : 1e-14
      #expect(abs(Double(slope[index]) - derivative) <= 1e-5 * abs(derivative) + slack, "f′(\(x))")
    }
  }

  private static let odd: [any Layer] = [
    LeakyReLU(), GELU(), GELU(approximation: .tanh), SiLU(), Tanh(), Scale(2),
  ]

  @Test("a zero keeps its sign where the function is 0 there", arguments: odd.indices)
  func signedZeros(index: Int) throws {
    let runner = try LayerRunner(Self.odd[index], inputShape: [2], rows: 1)
    #expect(runner.forward(input: [0, -0.0], parameters: []).map(\.sign) == [.plus, .minus])
  }

  @Test("a batch normalisation takes one activation behind it, of any kind, and a summary says so")
  func absorption() throws {
    let network = try Network(
      Sequential {
        Conv2d(3, 4, kernelSize: 3, padding: 1)
        BatchNorm2d(4)
        GELU()
        Conv2d(4, 4, kernelSize: 3, padding: 1)
        BatchNorm2d(4, scale: false)
        LeakyReLU()
        Tanh()
        Flatten()
        Linear(256, 2)
        Scale(1 / 9)
      }, inputShape: [3, 8, 8])
    let summary = network.summary(batchSize: 8)
    #expect(
      summary.operations.map(\.kind) == [
        "Conv2d", "BatchNorm2d + GELU", "Conv2d", "BatchNorm2d + LeakyReLU", "Tanh", "Linear", "Scale",
      ])
    #expect(summary.operations.map(\.isChannelsLast) == [true, true, false, false, false, false, false])
  }

  /// Convolutions whose values have their channels last, and normalisations with all choices of parameters behind them.
  private static func model(scale: Bool, shift: Bool, isOpaque: Bool) -> Sequential {
    func part(_ layer: any Layer) -> any Layer { isOpaque ? Opaque(layer) : layer }
    return Sequential {
      part(Conv2d(2, 11, kernelSize: 3, padding: 1))
      part(BatchNorm2d(11, scale: scale, shift: shift))
      part(SiLU())
      part(Conv2d(11, 5, kernelSize: 3, bias: false))
      part(BatchNorm2d(5, scale: scale, shift: shift))
      part(ReLU())
      part(MaxPool2d(2))
      Flatten()
      part(Linear(45, 3))
      part(GELU())
    }
  }

  @Test(
    "a network trains and is folded for inference as one layer after the other, with any choice of parameters",
    arguments: [true, false], [true, false])
  func folding(scale: Bool, shift: Bool) throws {
    let source = RandomSource(seed: 12)
    let inputs = DenseInputs((0..<9 * 128).map { source.uniform(at: $0) * 2 - 1 }, shape: [2, 8, 8])
    let targets = try Targets.classIndices((0..<9).map { $0 % 3 }, classCount: 3)
    let results = try [false, true].map { isOpaque in
      let network = try Network(Self.model(scale: scale, shift: shift, isOpaque: isOpaque), inputShape: [2, 8, 8])
      var plan = TrainingPlan(
        network, batchSize: 9, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.05), seed: 5)
      for _ in 0..<4 { plan.step(Batch(inputs: inputs, targets: targets)) }
      var inference = InferencePlan(network, batchSize: 9, parameters: plan.parameters)
      let logits = inference.logits(for: inputs, at: ArraySlice(0..<9))
      return (plan.parameters.values, logits.indices.map { logits[$0] })
    }
    #expect(relativeError(results[0].0, results[1].0.map(Double.init)) <= 1e-4)
    #expect(relativeError(results[0].1, results[1].1.map(Double.init)) <= 1e-4)
    #expect(Set(results[1].1).count > 9)
    let kinds = try Network(Self.model(scale: scale, shift: shift, isOpaque: false), inputShape: [2, 8, 8])
      .summary(batchSize: 9).inference.map(\.kind)
    #expect(
      kinds == [
        "Conv2d + BatchNorm2d + SiLU", "Conv2d + BatchNorm2d + ReLU + MaxPool2d", "Linear + GELU",
      ])
  }

  @Test(
    "what an inference plan absorbs gives the same logits, wherever it stands, in few rows and in many",
    arguments: [2, 40])
  func inference(rows: Int) throws {
    func model(_ part: (any Layer) -> any Layer) -> Sequential {
      Sequential {
        part(Conv2d(1, 5, kernelSize: 3, padding: 1))
        part(MaxPool2d(2))
        part(GELU())
        part(ReLU())
        part(Conv2d(5, 4, kernelSize: 3, padding: 1))
        part(ReLU())
        part(Softplus())
        part(MaxPool2d(2))
        part(Conv2d(4, 8, kernelSize: 2))
        part(Tanh())
        Flatten()
        part(Linear(8, 1100))
        part(ReLU())
        part(Sigmoid())
        part(Linear(1100, 700))
        part(LeakyReLU())
        part(Linear(700, 3))
      }
    }
    let source = RandomSource(seed: 3)
    let inputs = DenseInputs((0..<rows * 64).map { source.uniform(at: $0) * 4 - 2 }, shape: [1, 8, 8])
    let (fused, plain) = (
      try Network(model { $0 }, inputShape: [1, 8, 8]), try Network(model { Opaque($0) }, inputShape: [1, 8, 8])
    )
    #expect(
      fused.summary(batchSize: rows).inference.map(\.kind) == [
        "Conv2d + MaxPool2d + GELU", "ReLU", "Conv2d + ReLU + Softplus", "MaxPool2d", "Conv2d + Tanh",
        "Linear + ReLU + Sigmoid", "Linear + LeakyReLU", "Linear",
      ])
    let results = [fused, plain].map { network in
      var plan = InferencePlan(network, batchSize: rows, parameters: Parameters(of: network, seed: 4))
      let logits = plan.logits(for: inputs, at: ArraySlice(0..<rows))
      return logits.indices.map { logits[$0] }
    }
    #expect(relativeError(results[0], results[1].map(Double.init)) <= 1e-5)
    #expect(Set(results[1]).count > rows)
  }

  @Test("a channel of one value and a tiny ε give numbers", arguments: [true, false])
  func constantChannels(isImage: Bool) throws {
    let layer: any Layer = isImage ? BatchNorm2d(2, epsilon: 1e-12) : BatchNorm1d(2, epsilon: 1e-12)
    let absorbing = try #require(layer.absorbing(GELU(), input: [2], isTraining: true))
    let shape: Shape = isImage ? [2, 2, 2] : [2]
    let runner = try LayerRunner(absorbing, inputShape: shape, rows: 4)
    let count = 4 * shape.count
    let parameters: [Float] = [1, 1, 0.5, 0.5, 0, 0, 1, 1]
    for value in [0, 0.25, -3] as [Float] {
      let input = [Float](repeating: value, count: count)
      let output = runner.forward(input: input, parameters: parameters)
      // The mean of equal powers of two is exact, so what is left is the shift.
      #expect(output.allSatisfy { abs($0 - 0.345_731_2) <= 1e-6 })
      let gradient = runner.backward(
        input: input, parameters: parameters, outputGradient: (0..<count).map { Float($0 % 3) - 1 })
      #expect(gradient.allSatisfy { $0.isFinite })
      let scales = runner.gradient(
        ofParameter: 0, input: input, parameters: parameters, outputGradient: [Float](repeating: 1, count: count))
      #expect(scales == [0, 0])
    }
    // Running statistics of 0 as well.
    let inference = try LayerRunner(absorbing, inputShape: shape, rows: 1, isTraining: false)
    let output = inference.forward(
      input: [Float](repeating: 0, count: shape.count), parameters: [1, 1, 0.5, 0.5, 0, 0, 0, 0])
    #expect(output.allSatisfy { abs($0 - 0.345_731_2) <= 1e-6 })
  }
}

@Suite("Dropout of channels")
struct ChannelDropoutTests {
  @Test("channels are dropped as the stream says, on both ways, and their mean is kept")
  func mask() throws {
    let runner = try LayerRunner(Dropout2d(0.25), inputShape: [9, 2, 3], rows: 40, seed: 9, step: 7)
    let ones = [Float](repeating: 1, count: 40 * 54)
    let output = runner.forward(input: ones, parameters: [])
    let gradient = runner.backward(input: ones, parameters: [], outputGradient: ones.map { 2 * $0 })
    let random = RandomSource(seed: 9).stream(7)
    var kept = 0
    for row in 0..<40 {
      for channel in 0..<9 {
        let isKept = random.stream(row).uniform(at: channel) >= 0.25
        kept += isKept ? 1 : 0
        let start = (row * 9 + channel) * 6
        #expect(output[start..<start + 6].allSatisfy { $0 == (isKept ? 1 / 0.75 : 0) })
        #expect(gradient[start..<start + 6].allSatisfy { $0 == (isKept ? 2 / 0.75 : 0) })
      }
    }
    #expect(abs(Double(kept) / 360 - 0.75) < 0.06)
    #expect(
      try LayerRunner(Dropout2d(0.25), inputShape: [9, 2, 3], rows: 40, seed: 9, step: 8)
        .forward(input: ones, parameters: []) != output)
  }

  @Test("nothing is dropped when the network is not being trained")
  func inference() throws {
    let runner = try LayerRunner(Dropout2d(0.9), inputShape: [3, 2, 5], rows: 2, isTraining: false)
    let input = (0..<60).map(Float.init)
    #expect(runner.forward(input: input, parameters: []) == input)
  }

  /// Between convolutions, which have their channels last.
  private static func model(_ dropout: any Model) -> Sequential {
    Sequential {
      Conv2d(2, 10, kernelSize: 3, padding: 1)
      dropout
      Conv2d(10, 3, kernelSize: 3)
      Flatten()
    }
  }

  @Test("the same channels are dropped whether they are last or not, with any number of threads")
  func layouts() throws {
    let source = RandomSource(seed: 5)
    let inputs = DenseInputs((0..<7 * 50).map { source.uniform(at: $0) * 2 - 1 }, shape: [2, 5, 5])
    let targets = try Targets.classIndices((0..<7).map { $0 * 3 }, classCount: 27)
    func trained(_ dropout: any Layer, threads: Int) throws -> [Float] {
      var plan = try TrainingPlan(
        Network(Self.model(dropout), inputShape: [2, 5, 5]), batchSize: 7, loss: CrossEntropy(),
        optimizer: SGD(learningRate: 0.1), seed: 2, team: ThreadTeam(threadCount: threads))
      for _ in 0..<3 { plan.step(Batch(inputs: inputs, targets: targets)) }
      return plan.parameters.values
    }
    let network = try Network(Self.model(Dropout2d(0.5)), inputShape: [2, 5, 5])
    #expect(network.summary(batchSize: 7).operations.map(\.isChannelsLast) == [true, true, false])
    let one = try trained(Dropout2d(0.5), threads: 1)
    #expect(try trained(Dropout2d(0.5), threads: 3) == one)
    #expect(try relativeError(one, trained(Opaque(Dropout2d(0.5)), threads: 1).map(Double.init)) <= 1e-5)
    #expect(try relativeError(one, trained(Dropout2d(0), threads: 1).map(Double.init)) > 1e-3)
  }
}
