import Foundation
import Martlet
import MartletData
import MartletReports
import MartletTraining
import Testing

// Each example of the documentation, word for word, and what it promises. `ExampleCoverageTests` makes sure that none is
// missing here.

@Suite("Examples of shapes and random numbers")
struct ValueExamples {
  @Test("Shape")
  func shape() {
    let image: Shape = [3, 32, 32]
    print(image, image.count)  // (3, 32, 32) 3072
    #expect("\(image)" == "(3, 32, 32)" && image.count == 3072)
  }

  @Test("Size2d")
  func size() {
    let square: Size2d = 5
    let flat = Size2d(height: 1, width: 7)
    print(square, flat)  // 5×5 1×7
    #expect("\(square) \(flat)" == "5×5 1×7")
  }

  @Test("RandomSource")
  func random() {
    let source = RandomSource(seed: 1).stream("fc1.weight")
    print(source.uniform(at: 0) == source.uniform(at: 0))  // true
    #expect(source.uniform(at: 0) == source.uniform(at: 0))
  }

  @Test("DenseInputs")
  func inputs() {
    let inputs = DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2])
    print(inputs.count)  // 4
    #expect(inputs.count == 4)
  }

  @Test("Targets")
  func targets() throws {
    let hard = try Targets.classIndices([2, 0], classCount: 3)
    let soft = try Targets.probabilities([0, 0.1, 0.9, 1, 0, 0], classCount: 3)
    print(hard.count, soft.count)  // 2 2
    #expect(hard.count == 2 && soft.count == 2)
  }

  @Test("SGD")
  func configuration() {
    let optimizer = SGD(learningRate: 0.001, momentum: 0.9)
    #expect(optimizer.slots == ["momentum_buffer"])
  }
}

@Suite("Examples of layers")
struct LayerExamples {
  @Test("Linear")
  func linear() throws {
    let layer = Linear(784, 10)
    print(try layer.outputShape(for: [784]))  // (10,)
    #expect(try layer.outputShape(for: [784]).description == "(10,)")
  }

  @Test("Conv2d")
  func convolution() throws {
    let layer = Conv2d(3, 6, kernelSize: 5)
    print(try layer.outputShape(for: [3, 32, 32]))  // (6, 28, 28)
    #expect(try layer.outputShape(for: [3, 32, 32]) == [6, 28, 28])
  }

  @Test("MaxPool2d")
  func pooling() throws {
    let layer = MaxPool2d(2)
    print(try layer.outputShape(for: [6, 28, 28]))  // (6, 14, 14)
    #expect(try layer.outputShape(for: [6, 28, 28]) == [6, 14, 14])
  }

  @Test("ReLU")
  func relu() {
    print(ReLU().outputShape(for: [6, 28, 28]))  // (6, 28, 28)
    #expect(ReLU().outputShape(for: [6, 28, 28]) == [6, 28, 28])
  }

  @Test("Softmax and LogSoftmax")
  func softmax() throws {
    print(try Softmax().outputShape(for: [10]))  // (10,)
    #expect(try Softmax().outputShape(for: [10]) == [10])
    print(try LogSoftmax().outputShape(for: [21, 64, 64]))  // (21, 64, 64)
    #expect(try LogSoftmax().outputShape(for: [21, 64, 64]) == [21, 64, 64])
  }

  @Test("Flatten")
  func flatten() throws {
    let model = Sequential {
      Flatten()
      Linear(784, 10)
    }
    #expect(try Parameters(of: Network(model, inputShape: [1, 28, 28]), seed: 1).count == 7850)
  }

  @Test("Sequential")
  func sequential() throws {
    let model = Sequential {
      Flatten()
      Linear(784, 128).named("hidden")
      ReLU()
      Linear(128, 10).named("output")
    }
    let parameters = try Parameters(of: Network(model, inputShape: [1, 28, 28]), seed: 1)
    #expect(parameters.entries.map(\.name) == ["hidden.weight", "hidden.bias", "output.weight", "output.bias"])
  }

  @Test("Residual")
  func residual() throws {
    let block = Residual {
      Conv2d(16, 16, kernelSize: 3, padding: 1)
      ReLU()
      Conv2d(16, 16, kernelSize: 3, padding: 1)
    }
    let model = Sequential([block, Flatten()])
    #expect(try Parameters(of: Network(model, inputShape: [16, 8, 8]), seed: 1).count == 2 * (16 * 16 * 9 + 16))
  }

  @Test("Parameters")
  func parameters() throws {
    var parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
    print(parameters.count)  // 62006
    print(parameters.shape(of: "conv1.weight"))  // (6, 3, 5, 5)
    parameters["fc3.bias"] = Array(repeating: 0, count: 10)
    #expect(parameters.count == 62006 && parameters.shape(of: "conv1.weight") == [6, 3, 5, 5])
    #expect(parameters["fc3.bias"] == Array(repeating: 0, count: 10))
  }
}

struct Square: Layer {
  func outputShape(for input: Shape) -> Shape { input }

  func forward(_ pass: inout ForwardPass) {
    for i in pass.input.indices { pass.output[i] = pass.input[i] * pass.input[i] }
  }

  func backward(_ pass: inout BackwardPass) {
    for i in pass.input.indices { pass.inputGradient[i] = 2 * pass.input[i] * pass.outputGradient[i] }
  }
}

/// θ ← θ − γ · sign(g), with the sign of 0 being 0.
struct SignDescent: Optimizer {
  var learningRate: Float
  var slots: [String] { [] }

  func update(_ pass: inout UpdatePass) {
    let rate = learningRate * pass.settings.learningRateFactor
    for i in pass.gradient.indices where pass.gradient[i] != 0 {
      pass.parameters[i] -= pass.gradient[i] > 0 ? rate : -rate
    }
  }
}

struct TwoBranches: Model {
  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    let left = try graph.apply(Linear(8, 4), to: input, name: "left")
    let right = try graph.apply(Linear(8, 4), to: input, name: "right")
    return try graph.add(left, right)
  }
}

struct SquaredError: Loss {
  func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    var value: Float = 0
    for i in logits.indices {
      let difference = logits[i] - target.probability(of: i)
      gradient[i] = 2 * difference
      value += difference * difference
    }
    return value
  }
}

@Suite("Examples of plans, and of layers, models and losses of one's own")
struct PlanExamples {
  @Test("a layer of one's own is trained through")
  func ownLayer() throws {
    // One parameter: x² · w should become 2x².
    let model = Sequential {
      Square()
      Linear(1, 1, bias: false)
    }
    var plan = try TrainingPlan(
      Network(model, inputShape: [1]), batchSize: 2, loss: SquaredError(), optimizer: SGD(learningRate: 0.1), seed: 1)
    let batch = Batch(
      inputs: DenseInputs([1, 2], shape: [1]),
      targets: try .probabilities([2, 8], classCount: 1, allowsUnnormalizedRows: true))
    for _ in 0..<50 { plan.step(batch) }
    #expect(abs(plan.parameters["1.weight"][0] - 2) < 1e-4)
  }

  @Test("an optimizer of one's own trains")
  func ownOptimizer() throws {
    var plan = try TrainingPlan(
      Network(Linear(1, 1, bias: false), inputShape: [1]), batchSize: 1, loss: SquaredError(),
      optimizer: SignDescent(learningRate: 0.25),
      parameters: Parameters([(name: "weight", shape: [1, 1])], values: [0]),
      groups: [.init(.named("weight"), learningRateFactor: 2)])
    let batch = Batch(
      inputs: DenseInputs([1], shape: [1]),
      targets: try .probabilities([5], classCount: 1, allowsUnnormalizedRows: true))
    for _ in 0..<3 { plan.step(batch) }
    let weight = plan.parameters["weight"]
    #expect(weight == [1.5])
  }

  @Test("LayerMemory")
  func layerMemory() {
    var memory = LayerMemory()
    memory.saved = 2  // A mean and a deviation of each row, for the way back.
    print(memory.workspace)  // 0
    #expect(memory.workspace == 0)
  }

  @Test("RowBlocks")
  func rowBlocks() {
    let blocks = RowBlocks(rowCount: 130)
    print(blocks.count, blocks.rows(of: 0), blocks.rows(of: 31))  // 32 0..<4 125..<130
    #expect(blocks.count == 32 && blocks.rows(of: 0) == 0..<4 && blocks.rows(of: 31) == 125..<130)
  }

  @Test("BatchRow")
  func batchRow() {
    let row = BatchRow(example: 7, view: 3, partner: .init(example: 2, share: 0.25))
    print(row.weight)  // 1.0
    #expect(row.weight == 1)
  }

  @Test("ParameterGroup")
  func parameterGroups() throws {
    let groups: [ParameterGroup] = [
      .init(.roles([.bias, .scale]), weightDecay: 0),
      .init(.named("conv1"), isFrozen: true),
      .init(.named("fc3.bias"), learningRateFactor: 64),
    ]
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    #expect(network.parameters.filter(groups[1].contains).map(\.name) == ["conv1.weight", "conv1.bias"])
    #expect(network.parameters.count(where: groups[0].contains) == 5)
  }

  @Test("a topology of one's own is recorded")
  func ownModel() throws {
    let parameters = try Parameters(of: Network(TwoBranches(), inputShape: [8]), seed: 1)
    #expect(parameters.entries.map(\.name) == ["left.weight", "left.bias", "right.weight", "right.bias"])
  }

  @Test("InferencePlan")
  func inference() throws {
    let network = try Network(Models.mlp(hidden: [8], inputShape: [4], classCount: 3), inputShape: [4])
    var plan = InferencePlan(network, batchSize: 2, parameters: Parameters(of: network, seed: 1))
    print(plan.logits(for: DenseInputs([1, 2, 3, 4], shape: [4]), at: [0]).count)  // 3
    let count = plan.logits(for: DenseInputs([1, 2, 3, 4], shape: [4]), at: [0]).count
    #expect(count == 3)
  }

  @Test("Network")
  func network() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    print(network.outputShape, network.parameters.count)  // (10,) 10
    #expect(network.outputShape == [10] && network.parameters.count == 10)
  }

  @Test("PixelNormalization")
  func normalization() {
    let grey = PixelNormalization(mean: 0.1307, standardDeviation: 0.3081)
    let colour = PixelNormalization(mean: [0.491, 0.482, 0.447], standardDeviation: [0.247, 0.243, 0.262])
    print(grey.mean.count, colour.mean.count)  // 1 3
    #expect(colour.standardDeviation[1] == 0.243)
  }

  @Test("TrainingPlan")
  func training() throws {
    let model = Models.mlp(hidden: [8], inputShape: [2], classCount: 2)
    var plan = try TrainingPlan(
      Network(model, inputShape: [2]), batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.5), seed: 1)
    let batch = Batch(
      inputs: DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2]),
      targets: try .classIndices([0, 1, 1, 0], classCount: 2))
    for _ in 0..<200 { plan.step(batch) }
    print(plan.step(batch).loss < 0.1)  // true
    #expect(plan.step(batch).loss < 0.1)
  }

  @Test("TrainingRun")
  func run() throws {
    var configuration = TrainingConfiguration()
    configuration.batchSize = 2
    configuration.optimizer = SGD(learningRate: 0.5)
    let network = try Network(Models.mlp(hidden: [8], inputShape: [2], classCount: 2), inputShape: [2])
    var run = TrainingRun(
      network, inputs: DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2]),
      targets: try .classIndices([0, 1, 1, 0], classCount: 2), loss: CrossEntropy(), configuration: configuration)
    while let event = run.next() {
      if case .epochEnd(let epoch, let loss) = event { print(epoch, loss) }
    }
    #expect(run.stepsPerEpoch == 2)
  }
}

@Suite("Examples of data and training")
struct TrainingExamples {
  @Test("Shapes")
  func shapes() {
    let images = Shapes.make(.train, count: 100)
    print(images.imageShape, images.classNames[0])  // (3, 32, 32) circle
    #expect("\(images.imageShape) \(images.classNames[0])" == "(3, 32, 32) circle")
  }

  @Test("LabelNoise")
  func noise() {
    let noise = LabelNoise.symmetric(rate: 0.4)
    let clean: [UInt8] = Array(repeating: 3, count: 1000)
    let noisy = noise.labels(clean, classCount: 10, seed: 0)
    print(noisy.count { $0 != 3 })  // some 400
    #expect((330...470).contains(noisy.count { $0 != 3 }))
  }

  @Test("NPYArray")
  func npy() {
    let array = NPYArray(sizes: [2, 2], floats: [0.5, 0.5, 0.1, 0.9])
    print(array.fileBytes.count)  // 144
    #expect(array.fileBytes.count == 144)
  }

  @Test("Safetensors")
  func safetensors() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let weights = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
    try FileWriting.write(Safetensors.bytes(of: weights), to: path)
    print(try Safetensors.read(path: path, like: weights) == weights)  // true
    #expect(try Safetensors.read(path: path, like: weights) == weights)
  }

  @Test("Evaluation")
  func evaluation() throws {
    let images = Shapes.make(.test, count: 50)
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let evaluation = Evaluation(of: Classifier(network, parameters: Parameters(of: network, seed: 1)), on: images)
    print(evaluation.count, evaluation.topAccuracy(10))  // 50 1.0
    #expect(evaluation.count == 50 && evaluation.topAccuracy(10) == 1)
  }

  @Test("Calibration")
  func calibration() {
    let calibration = Calibration(
      confidences: [0.9, 0.8, 0.6, 0.55], isHit: [true, true, false, true], binning: .equalMass, binCount: 2)
    print(calibration.expectedError, calibration.maximumError)  // 0.112… 0.15…
    #expect(abs(calibration.expectedError - 0.1125) < 1e-9 && abs(calibration.maximumError - 0.15) < 1e-9)
  }

  @Test("TemperatureScaling")
  func temperature() {
    let overconfident: [[Float]] = [[4, 0], [4, 0], [4, 0], [0, 4]]
    let scaling = TemperatureScaling(logits: overconfident, labels: [0, 0, 1, 1])
    print(scaling.temperature)  // 3.640…
    #expect(abs(scaling.temperature - 4 / log(3.0)) < 1e-9)
  }

  @Test("TemperatureTrial")
  func temperatureTrial() throws {
    let images = Shapes.make(.test, count: 60)
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let trial = TemperatureTrial(of: Classifier(network, parameters: Parameters(of: network, seed: 1)), on: images)
    print(trial.before.count, trial.before.accuracy == trial.after.accuracy)  // 30 true
    #expect(trial.before.count == 30 && trial.before.accuracy == trial.after.accuracy)
  }

  @Test("McNemarTest")
  func mcNemar() {
    let test = McNemarTest(firstIsRight: [true, true, true, false], secondIsRight: [true, false, false, true])
    print(test.onlyFirst, test.onlySecond, test.probability)  // 2 1 1.0
    #expect(test.onlyFirst == 2 && test.onlySecond == 1 && test.probability == 1)
  }

  @Test("PairedDifference")
  func paired() {
    let difference = PairedDifference(of: [0.62, 0.66, 0.61], from: [0.60, 0.63, 0.60])
    print(difference.mean, difference.interval ?? 0...0)  // 0.020… -0.0048…...0.044…
    #expect(abs(difference.mean - 0.02) < 1e-9)
    #expect(abs((difference.interval?.lowerBound ?? 0) + 0.00484) < 1e-5)
  }

  @Test("Recipe")
  func recipe() throws {
    let shape: Shape = [3, 32, 32]
    let network = try Network(Models.mlp(hidden: [8], inputShape: shape), inputShape: shape)
    var recipe = Recipe("smoothed", network: network)
    recipe.labels.source = .smoothed(by: 0.1)
    recipe.configuration.epochs = 1
    let result = try recipe.run(
      seed: 1, training: Shapes.make(.train, count: 80), test: Shapes.make(.test, count: 40))
    print(result.trial.recipe, result.evaluation.count)  // smoothed 40
    #expect(result.trial.recipe == "smoothed" && result.evaluation.count == 40)
  }

  @Test("Classifier")
  func classifier() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let plain = PixelNormalization(mean: 0, standardDeviation: 1)
    let classifier = Classifier(network, parameters: Parameters(of: network, seed: 1), normalization: plain)
    print(classifier.logits(for: Shapes.make(.test, count: 5)).count)  // 50
    #expect(classifier.logits(for: Shapes.make(.test, count: 5)).count == 50)
  }

  @Test("Comparison")
  func comparison() throws {
    struct Wide: Model {
      func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
        let hidden = try Linear(3072, 16).named("wide").record(Flatten().record(input, in: &graph), in: &graph)
        return try Linear(16, 10).named("output").record(ReLU().record(hidden, in: &graph), in: &graph)
      }
    }
    let shape: Shape = [3, 32, 32]
    let comparison = Comparison(
      [
        Recipe("deep", network: try Network(Models.mlp(hidden: [8, 8], inputShape: shape), inputShape: shape)),
        Recipe("wide", network: try Network(Wide(), inputShape: shape)),
      ], training: Shapes.make(.train, count: 40), test: Shapes.make(.test, count: 20), seeds: [1, 2])
    let results = try comparison.run()
    print(results.map(\.trial.recipe))  // ["deep", "wide", "deep", "wide"]
    #expect(results.map(\.trial.recipe) == ["deep", "wide", "deep", "wide"])
  }

  @Test("LabelledSubset")
  func labelledSubset() {
    let images = Shapes.make(.train, count: 200)
    let kept = LabelledSubset.balanced(20).positions(in: images, seed: 1)
    print(kept.count, Set(kept.map { images.labels[$0] }).count)  // 20 10
    #expect(kept.count == 20 && Set(kept.map { images.labels[$0] }).count == 10)
  }

  @Test("PseudoLabelling")
  func pseudoLabelling() {
    var settings = PseudoLabelling()
    settings.weight = 3
    settings.ramp = 1...5
    print(settings.weight(at: 0.5), settings.weight(at: 3), settings.weight(at: 9))  // 0.0 1.5 3.0
    #expect([0.5, 3, 9].map { settings.weight(at: $0) } == [0, 1.5, 3])
  }

  @Test("Batch.weights")
  func batchWeights() throws {
    let batch = Batch(
      inputs: DenseInputs([0, 1, 2], shape: [1]), targets: try .classIndices([0, 1, 1], classCount: 2),
      indices: [2, 0], weights: [0.5, 1])
    print(batch[0])  // BatchRow(example: 2, view: 0, weight: 0.5, partner: nil)
    #expect(batch[0] == BatchRow(example: 2, weight: 0.5) && batch.count == 2)
  }
}
