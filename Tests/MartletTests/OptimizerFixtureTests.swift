import Foundation
import Martlet
import MartletTestSupport
import Testing

/// Ten steps of a small convolutional network, by PyTorch.
struct OptimizerFixture: Decodable, Sendable, CustomTestStringConvertible {
  let learningRate: Float
  let momentum: Float
  let dampening: Float
  let weightDecay: Float
  let nesterov: Bool
  let initial: [String: Numbers]
  let input: Numbers
  let targets: Numbers
  let losses: Numbers
  let final: [String: Numbers]

  var testDescription: String {
    "rate \(learningRate), momentum \(momentum), dampening \(dampening), decay \(weightDecay), nesterov \(nesterov)"
  }

  static let all: [OptimizerFixture] = (try? Fixture.load("optimizers.json", from: .module)) ?? []
}

@Suite("SGD agrees with PyTorch")
struct OptimizerFixtureTests {
  static let network = Sequential {
    Conv2d(1, 2, kernelSize: 3)
    ReLU()
    MaxPool2d(2)
    Flatten()
    Linear(18, 5)
    ReLU()
    Linear(5, 3)
  }

  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(OptimizerFixture.all.count == 7) }

  @Test("losses and parameters over ten steps, to 1e-5", arguments: OptimizerFixture.all, [1, 2])
  func tenSteps(fixture: OptimizerFixture, threads: Int) throws {
    var parameters = try Parameters(of: Network(Self.network, inputShape: [1, 8, 8]), seed: 0)
    #expect(Set(parameters.entries.map(\.name)) == Set(fixture.initial.keys))
    for entry in parameters.entries { parameters[entry.name] = try #require(fixture.initial[entry.name]).floats }
    var plan = try TrainingPlan(
      Network(Self.network, inputShape: [1, 8, 8]), batchSize: 3, loss: CrossEntropy(labelSmoothing: 0.1),
      optimizer: SGD(
        learningRate: fixture.learningRate, momentum: fixture.momentum, dampening: fixture.dampening,
        weightDecay: fixture.weightDecay, nesterov: fixture.nesterov),
      parameters: parameters, team: ThreadTeam(threadCount: threads))
    let inputs = DenseInputs(fixture.input.floats, shape: [1, 8, 8])
    let targets = try Targets.classIndices(fixture.targets.integers, classCount: 3)
    for step in 0..<10 {
      let result = plan.step(
        Batch(inputs: inputs, targets: targets, indices: ArraySlice(step * 3..<step * 3 + 3)))
      #expect(abs(result.loss - fixture.losses.doubles[step]) <= 1e-5 * fixture.losses.doubles[step])
    }
    let final = plan.parameters
    for entry in final.entries {
      let expected = try #require(fixture.final[entry.name]).doubles
      #expect(relativeError(final[entry.name], expected) <= 1e-5, "\(entry.name)")
    }
  }
}

/// A residual network, by PyTorch.
struct ResidualFixture: Decodable {
  let initial: [String: Numbers]
  let input: Numbers
  let targets: Numbers
  let loss: Double
  let gradients: [String: Numbers]
}

@Suite("Topologies")
struct TopologyTests {
  /// h = first(x); h = h + relu(body(h)); h = h + h; last(h).
  struct Block: Model {
    func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
      var node = try graph.apply(Linear(4, 6), to: input, name: "first")
      node = try graph.scope("residual") { (graph) throws(ModelError) in
        try Residual {
          Linear(6, 6).named("body")
          ReLU()
        }.record(node, in: &graph)
      }
      node = try graph.add(node, node)
      return try graph.apply(Linear(6, 3), to: node, name: "last")
    }
  }

  @Test("a residual network's loss and gradients agree with PyTorch's to 1e-5", arguments: [1, 2, 3])
  func residual(threads: Int) throws {
    let fixtures: [ResidualFixture] = try Fixture.load("residual.json", from: .module)
    let reference = try #require(fixtures.first)
    var parameters = try Parameters(of: Network(Block(), inputShape: [4]), seed: 0)
    func plain(_ name: String) -> String { name.replacingOccurrences(of: "residual.", with: "") }
    for entry in parameters.entries {
      parameters[entry.name] = try #require(reference.initial[plain(entry.name)]).floats
    }
    var plan = try TrainingPlan(
      Network(Block(), inputShape: [4]), batchSize: 5, loss: CrossEntropy(), optimizer: SGD(learningRate: 0),
      parameters: parameters, team: ThreadTeam(threadCount: threads), keepsGradients: true)
    let result = plan.step(
      Batch(
        inputs: DenseInputs(reference.input.floats, shape: [4]),
        targets: try .classIndices(reference.targets.integers, classCount: 3)))
    #expect(abs(result.loss - reference.loss) <= 1e-5 * reference.loss)
    let gradients = plan.gradients
    for entry in gradients.entries {
      let expected = try #require(reference.gradients[plain(entry.name)]).doubles
      #expect(relativeError(gradients[entry.name], expected) <= 1e-5, "\(entry.name)")
    }
  }
}
