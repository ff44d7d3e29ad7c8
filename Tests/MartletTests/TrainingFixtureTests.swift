import Foundation
import Martlet
import MartletTestSupport
import Testing

/// Ten steps of a small network with batch normalisation, by PyTorch in double precision.
struct TrainingFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Settings: Decodable, Sendable {
    let kind: String
    let learningRate: Float
    let betas: [Float]?
    let eps: Float?
    let momentum: Float?
    let nesterov: Bool?
    let weightDecay: Float
    let noDecayOnBiasesAndNorms: Bool
    let frozen: [String]
    let biasLearningRateFactor: Float
    let maximumNorm: Float?

    func optimizer() throws -> any Optimizer {
      guard kind == "AdamW" else {
        return SGD(
          learningRate: learningRate, momentum: try #require(momentum), weightDecay: weightDecay,
          nesterov: try #require(nesterov as Bool?))
      }
      let betas = try #require(betas)
      return AdamW(
        learningRate: learningRate, beta1: betas[0], beta2: betas[1], epsilon: try #require(eps),
        weightDecay: weightDecay)
    }

    var groups: [ParameterGroup] {
      var groups = frozen.map { ParameterGroup(.named($0), isFrozen: true) }
      if noDecayOnBiasesAndNorms { groups.append(.init(.roles([.bias, .scale]), weightDecay: 0)) }
      if biasLearningRateFactor != 1 {
        groups.append(.init(.roles([.bias]), learningRateFactor: biasLearningRateFactor))
      }
      return groups
    }
  }

  let name: String
  let optimizer: Settings
  let initial: [String: Numbers]
  let input: Numbers
  let targets: Numbers
  let losses: Numbers
  let norms: Numbers
  let final: [String: Numbers]

  var testDescription: String { name }

  static let all: [TrainingFixture] = (try? Fixture.load("training.json", from: .module)) ?? []
}

@Suite("Ten steps with batch normalisation, groups and clipping agree with PyTorch")
struct TrainingFixtureTests {
  static let model = Sequential {
    Conv2d(1, 3, kernelSize: 3, bias: false)
    BatchNorm2d(3)
    ReLU()
    MaxPool2d(2)
    Flatten()
    Linear(27, 6, bias: false)
    BatchNorm1d(6)
    ReLU()
    Linear(6, 3)
  }

  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(TrainingFixture.all.count == 9) }

  private func plan(_ fixture: TrainingFixture, threads: Int) throws -> TrainingPlan {
    let network = try Network(Self.model, inputShape: [1, 8, 8])
    var parameters = Parameters(of: network, seed: 0)
    for parameter in network.parameters where parameter.role != .statistic {
      parameters[parameter.name] = try #require(fixture.initial[parameter.name]).floats
    }
    return TrainingPlan(
      network, batchSize: 4, loss: CrossEntropy(labelSmoothing: 0.1), optimizer: try fixture.optimizer.optimizer(),
      parameters: parameters, groups: fixture.optimizer.groups, maximumGradientNorm: fixture.optimizer.maximumNorm,
      team: ThreadTeam(threadCount: threads), keepsGradients: true)
  }

  private func batch(_ fixture: TrainingFixture, _ step: Int) throws -> Batch {
    Batch(
      inputs: DenseInputs(fixture.input.floats, shape: [1, 8, 8]),
      targets: try .classIndices(fixture.targets.integers, classCount: 3),
      indices: ArraySlice(step * 4..<step * 4 + 4))
  }

  @Test("losses, parameters and running statistics, to 1e-5", arguments: TrainingFixture.all, [1, 2, 3])
  func tenSteps(fixture: TrainingFixture, threads: Int) throws {
    var plan = try plan(fixture, threads: threads)
    for step in 0..<10 {
      let loss = plan.step(try batch(fixture, step)).loss
      let expected = fixture.losses.doubles[step]
      #expect(abs(loss - expected) <= 1e-5 * expected)
      if fixture.optimizer.maximumNorm != nil {
        let norm = plan.gradients.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let limit = min(Double(fixture.optimizer.maximumNorm ?? 0), fixture.norms.doubles[step])
        #expect(abs(norm - limit) <= 1e-4 * limit)
      }
    }
    let final = plan.parameters
    #expect(Set(final.entries.map(\.name)) == Set(fixture.final.keys))
    for entry in final.entries {
      let expected = try #require(fixture.final[entry.name]).doubles
      #expect(relativeError(final[entry.name], expected) <= 1e-5, "\(entry.name)")
    }
    for name in fixture.optimizer.frozen {
      #expect(final[name] == fixture.initial[name]?.floats, "\(name) is frozen")
    }
  }

  @Test("training goes on where it was, with the optimizer's state by name", arguments: TrainingFixture.all)
  func goesOn(fixture: TrainingFixture) throws {
    var whole = try plan(fixture, threads: 2)
    for step in 0..<6 { whole.step(try batch(fixture, step)) }
    var first = try plan(fixture, threads: 1)
    for step in 0..<6 { first.step(try batch(fixture, step)) }
    let state = first.optimizerState
    #expect(
      Set(state.keys) == Set(fixture.optimizer.kind == "AdamW" ? ["exp_avg", "exp_avg_sq"] : ["momentum_buffer"]))
    // With other threads, state lies elsewhere in memory.
    var second = try plan(fixture, threads: 3)
    second.step(try batch(fixture, 9))
    second.parameters = first.parameters
    second.optimizerState = state
    let (found, expected) = (second.optimizerState, whole.optimizerState)
    #expect(found == expected)
    second.stepCount = first.stepCount
    for step in 6..<10 {
      whole.step(try batch(fixture, step))
      second.step(try batch(fixture, step))
    }
    let (parameters, wanted) = (second.parameters, whole.parameters)
    #expect(parameters == wanted)
  }
}

/// A network with two branches that are concatenated, by PyTorch.
@Suite("Concatenation")
struct ConcatenationTests {
  struct Branches: Model {
    func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
      let left = try graph.apply(Conv2d(2, 3, kernelSize: 3, padding: 1), to: input, name: "left")
      let right = try graph.apply(Conv2d(2, 4, kernelSize: 1), to: input, name: "right")
      let both = try graph.concatenate([try graph.apply(ReLU(), to: left), right])
      let joined = try graph.apply(Conv2d(7, 2, kernelSize: 3), to: both, name: "join")
      return try graph.apply(Linear(32, 3), to: try graph.reshape(joined, to: [32]), name: "last")
    }
  }

  @Test("loss and gradients agree with PyTorch's to 1e-5", arguments: [1, 2, 3])
  func branches(threads: Int) throws {
    let fixtures: [ResidualFixture] = try Fixture.load("concatenation.json", from: .module)
    let reference = try #require(fixtures.first)
    let network = try Network(Branches(), inputShape: [2, 6, 6])
    var parameters = Parameters(of: network, seed: 0)
    for entry in parameters.entries { parameters[entry.name] = try #require(reference.initial[entry.name]).floats }
    var plan = TrainingPlan(
      network, batchSize: 5, loss: CrossEntropy(), optimizer: SGD(learningRate: 0), parameters: parameters,
      team: ThreadTeam(threadCount: threads), keepsGradients: true)
    let result = plan.step(
      Batch(
        inputs: DenseInputs(reference.input.floats, shape: [2, 6, 6]),
        targets: try .classIndices(reference.targets.integers, classCount: 3)))
    #expect(abs(result.loss - reference.loss) <= 1e-5 * reference.loss)
    let gradients = plan.gradients
    for entry in gradients.entries {
      let expected = try #require(reference.gradients[entry.name]).doubles
      #expect(relativeError(gradients[entry.name], expected) <= 1e-5, "\(entry.name)")
    }
  }

  @Test("a value may be concatenated with itself, and gets both gradients")
  func twice() throws {
    struct Twice: Model {
      func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
        let node = try graph.apply(Linear(2, 2, bias: false), to: input, name: "first")
        return try graph.apply(Linear(4, 2, bias: false), to: try graph.concatenate([node, node]), name: "second")
      }
    }
    let network = try Network(Twice(), inputShape: [2])
    let parameters = Parameters(
      network.parameters.map { ($0.name, $0.shape) }, values: [1, 0, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0])
    var plan = TrainingPlan(
      network, batchSize: 1, loss: MeanSquaredError(), optimizer: SGD(learningRate: 0), parameters: parameters,
      keepsGradients: true)
    plan.step(
      Batch(inputs: DenseInputs([1, 1], shape: [2]), targets: try .classIndices([1], classCount: 2)))
    // Logits (10, 0), targets (0, 1): gradient of the first logit 10 = 2 · 10 / 2.
    let gradient = plan.gradients["first.weight"]
    #expect(gradient == [40, 40, 60, 60])
  }

  @Test("values of different heights cannot be concatenated")
  func sizes() {
    #expect(throws: ModelError.self) {
      _ = try Network(
        Concatenation {
          Conv2d(2, 3, kernelSize: 3)
          Conv2d(2, 3, kernelSize: 1)
        }, inputShape: [2, 6, 6])
    }
  }
}
