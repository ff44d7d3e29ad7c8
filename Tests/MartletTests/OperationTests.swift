import Foundation
import Martlet
import MartletTestSupport
import Testing

/// One operation on one size of input, and what PyTorch makes of it. Each case drives all tests of its operation: against PyTorch,
/// against differences, over threads, and with its neighbours absorbed or not.
struct OperationCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let layer: LayerDescription
  let rows: Int
  let inputShape: [Int]
  let outputShape: [Int]
  let input: Numbers
  let parameters: [String: Numbers]
  let output: Numbers
  let outputGradient: Numbers
  let inputGradient: Numbers
  let gradients: [String: Numbers]
  /// The statistics after a training step, where there are any.
  let statistics: [String: Numbers]?
  /// The output of a network that is not being trained, where that differs.
  let evaluationOutput: Numbers?

  var testDescription: String { name }

  var shape: Shape { Shape(inputShape) }

  /// The largest error, relative to the largest element: none on whole numbers, whose sums are exact. Sums of squares around a mean
  /// of 100 lose two digits.
  var tolerance: Double { evaluationOutput == nil ? 0 : name.contains("mean 100") ? 3e-5 : 1e-5 }

  /// Whether the operation makes signs out of two vectors: then its derivative is almost nowhere, and rounding decides.
  var isDegenerate: Bool { layer.kind == "BatchNorm1d" && rows <= 2 && inputShape.count == 1 }

  func runner(isTraining: Bool = true) throws -> LayerRunner {
    try LayerRunner(layer.layer(), inputShape: shape, rows: rows, isTraining: isTraining)
  }

  /// All parameters in the layer's order.
  func values(_ runner: LayerRunner) throws -> [Float] {
    try runner.specifications.flatMap { try #require(parameters[$0.name]).floats }
  }

  static let all: [OperationCase] = [
    "layers.json", "operations.json", "activations.json", "normalisations.json", "convolutions.json",
    "windows.json",
  ].flatMap { name -> [OperationCase] in (try? Fixture.load(name, from: .module)) ?? [] }
}

@Suite("Operations")
struct OperationTests {
  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(OperationCase.all.count == 127) }

  @Test(
    "agree with PyTorch in outputs, gradients and statistics: exactly on whole numbers, elsewhere to 1e-5",
    arguments: OperationCase.all)
  func training(operation: OperationCase) throws {
    let runner = try operation.runner()
    let parameters = try operation.values(runner)
    let (input, outputGradient) = (operation.input.floats, operation.outputGradient.floats)
    #expect(runner.outputShape == Shape(operation.outputShape))
    let output = runner.forward(input: input, parameters: parameters)
    #expect(relativeError(output, operation.output.doubles) <= operation.tolerance)
    let inputGradient = runner.backward(input: input, parameters: parameters, outputGradient: outputGradient)
    if operation.isDegenerate {
      // Almost nothing is left of the gradient: what is left is compared with what came in.
      let errors = zip(inputGradient, operation.inputGradient.doubles).map { abs(Double($0) - $1) }
      #expect((errors.max() ?? 0) <= 1e-6)
    } else {
      #expect(relativeError(inputGradient, operation.inputGradient.doubles) <= operation.tolerance)
    }
    for (index, specification) in runner.specifications.enumerated() {
      if specification.role == .statistic {
        let expected = try #require(operation.statistics?[specification.name]).doubles
        let found = runner.statistic(index, input: input, parameters: parameters)
        #expect(relativeError(found, expected) <= 1e-5, "\(specification.name)")
      } else {
        let expected = try #require(operation.gradients[specification.name]).doubles
        let found = runner.gradient(
          ofParameter: index, input: input, parameters: parameters, outputGradient: outputGradient)
        #expect(relativeError(found, expected) <= operation.tolerance, "\(specification.name)")
      }
    }
  }

  @Test("are the same to the last bit where the way back makes what is saved anew", arguments: OperationCase.all)
  func remade(operation: OperationCase) throws {
    var (kept, remade) = (try operation.runner(), try operation.runner())
    guard kept.canRemakeSaved else { return }
    kept.remakesSaved = false
    remade.remakesSaved = true
    let parameters = try operation.values(kept)
    let (input, outputGradient) = (operation.input.floats, operation.outputGradient.floats)
    let results = [kept, remade].map { runner in
      [
        runner.forward(input: input, parameters: parameters),
        runner.backward(input: input, parameters: parameters, outputGradient: outputGradient),
      ]
        + runner.specifications.indices.map {
          runner.gradient(
            ofParameter: $0, input: input, parameters: parameters, outputGradient: outputGradient)
        }
    }
    #expect(results[0].map { $0.map(\.bitPattern) } == results[1].map { $0.map(\.bitPattern) })
  }

  @Test("many of them can make it anew")
  func remaking() throws {
    #expect(try OperationCase.all.count { try $0.runner().canRemakeSaved } > 10)
  }

  @Test("outputs of a network that is not trained any more, to 1e-5", arguments: OperationCase.all)
  func evaluation(operation: OperationCase) throws {
    let runner = try operation.runner(isTraining: false)
    let output = runner.forward(input: operation.input.floats, parameters: try operation.values(runner))
    #expect(relativeError(output, (operation.evaluationOutput ?? operation.output).doubles) <= operation.tolerance)
  }

  @Test("gradients agree with differences", arguments: OperationCase.all)
  func differences(operation: OperationCase) throws {
    guard !operation.isDegenerate else { return }
    // Where a maximum passes from one input to another nearby, differences mix two slopes. `GradientCheckTests` has such layers on
    // inputs that are far apart.
    let check = try checkGradient(
      of: operation.layer.layer(), inputShape: operation.shape, rows: min(operation.rows, 5),
      tolerance: operation.layer.kind.hasSuffix("MaxPool2d") ? 1e-2 : 1e-3)
    #expect(check.isCorrect, "\(check)")
  }

  @Test("a gradient does not depend on how its units are shared out", arguments: OperationCase.all, [1, 2, 3, 5])
  func units(operation: OperationCase, unitsAtOnce: Int) throws {
    let runner = try operation.runner()
    let parameters = try operation.values(runner)
    // Numbers whose sums are rounded, so that another order would show.
    let source = RandomSource(seed: 9)
    let input = operation.input.floats.indices.map { source.stream("input").uniform(at: $0) - 0.5 }
    let outputGradient = operation.outputGradient.floats.indices.map { source.stream("gradient").uniform(at: $0) - 0.5 }
    for (index, specification) in runner.specifications.enumerated() where specification.role != .statistic {
      let whole = runner.gradient(
        ofParameter: index, input: input, parameters: parameters, outputGradient: outputGradient)
      let parts = runner.gradient(
        ofParameter: index, input: input, parameters: parameters, outputGradient: outputGradient,
        unitsAtOnce: unitsAtOnce)
      #expect(whole == parts)
    }
  }

  /// The operation between convolutions, or between linear layers, with what a network may absorb around it.
  private func network(_ operation: OperationCase, isOpaque: Bool) throws -> Network {
    let shape = operation.shape
    func part(_ layer: any Layer) -> any Model { isOpaque ? Opaque(layer) : layer }
    let layer = try operation.layer.layer()
    let output = Shape(operation.outputShape)
    if shape.rank == 3 {
      return try Network(
        Sequential {
          part(Conv2d(2, shape[0], kernelSize: 3, padding: 1, bias: false))
          part(layer)
          part(ReLU())
          part(Conv2d(output[0], 3, kernelSize: 1))
          Flatten()
          Linear(3 * output[1] * output[2], 3)
        }, inputShape: [2, shape[1], shape[2]])
    }
    return try Network(
      Sequential {
        part(layer)
        part(ReLU())
        Flatten()
        part(Linear(output.count, 3))
      }, inputShape: shape)
  }

  /// Parameters after three steps, and logits of the result.
  private func trained(
    _ operation: OperationCase, isOpaque: Bool, threads: Int
  ) throws -> (parameters: [Float], logits: [Float]) {
    let network = try network(operation, isOpaque: isOpaque)
    let source = RandomSource(seed: 3)
    let rows = operation.rows
    let inputs = DenseInputs(
      (0..<rows * network.inputShape.count).map { source.uniform(at: $0) * 2 - 1 }, shape: network.inputShape)
    let targets = try Targets.classIndices((0..<rows).map { $0 % 3 }, classCount: 3)
    var plan = TrainingPlan(
      network, batchSize: rows, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.05, momentum: 0.9), seed: 4,
      team: ThreadTeam(threadCount: threads))
    for _ in 0..<3 { plan.step(Batch(inputs: inputs, targets: targets)) }
    var inference = InferencePlan(network, batchSize: rows, parameters: plan.parameters)
    let logits = inference.logits(for: inputs, at: ArraySlice(0..<rows))
    return (plan.parameters.values, logits.indices.map { logits[$0] })
  }

  @Test("a network trains bit-identically with 1, 2, 3 and 5 threads", arguments: OperationCase.all)
  func threads(operation: OperationCase) throws {
    let one = try trained(operation, isOpaque: false, threads: 1)
    for threads in [2, 3, 5] {
      let many = try trained(operation, isOpaque: false, threads: threads)
      #expect(one.parameters == many.parameters && one.logits == many.logits, "\(threads) threads")
    }
  }

  @Test("a network computes the same with layers absorbed and laid out, and one by one", arguments: OperationCase.all)
  func absorbed(operation: OperationCase) throws {
    let fused = try trained(operation, isOpaque: false, threads: 1)
    let plain = try trained(operation, isOpaque: true, threads: 1)
    guard !operation.isDegenerate else { return }
    #expect(relativeError(fused.parameters, plain.parameters.map(Double.init)) <= 1e-4)
    #expect(relativeError(fused.logits, plain.logits.map(Double.init)) <= 1e-4)
  }
}
