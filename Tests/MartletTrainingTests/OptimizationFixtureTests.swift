import Foundation
import Martlet
import MartletTestSupport
import Testing

@testable import MartletTraining

/// Ten steps of a small network with batch normalisation, by PyTorch in double precision, in many ways.
private struct OptimizationFixture: Decodable, Sendable {
  struct Case: Decodable, Sendable {
    let losses: [Double]
    let final: [String: Numbers]
  }

  let initial: [String: Numbers]
  let input: Numbers
  let targets: Numbers
  let cases: [String: Case]

  static let loaded = try? JSONDecoder().decode(
    OptimizationFixture.self,
    from: Data(contentsOf: Bundle.module.bundleURL.appendingPathComponent("Fixtures/optimization.json")))
}

@Suite("Optimizers, groups, schedules, clipping and averages agree with PyTorch")
struct OptimizationFixtureTests {
  private static let model = Sequential {
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

  private static let triangle = TriangularLR(startFactor: 0.2, peak: .steps(2), endFactor: 0.07)

  private static let optimizers: [String: any Optimizer] = [
    "Adam": Adam(learningRate: 0.01),
    "Adam with decay": Adam(learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-4, weightDecay: 0.1),
    "AMSGrad": Adam(learningRate: 0.02, beta1: 0.8, beta2: 0.9, weightDecay: 0.05, amsgrad: true),
    "RMSprop": RMSprop(learningRate: 0.003),
    "RMSprop with momentum": RMSprop(
      learningRate: 0.002, alpha: 0.9, epsilon: 1e-4, weightDecay: 0.1, momentum: 0.8),
    "RMSprop, centered": RMSprop(learningRate: 0.003, alpha: 0.9, centered: true),
    "RMSprop, centered, with momentum": RMSprop(learningRate: 0.002, alpha: 0.8, momentum: 0.5, centered: true),
    "groups and a triangle": SGD(learningRate: 0.05, momentum: 0.85, weightDecay: 0.08, nesterov: true),
    "Muon": Muon(
      learningRate: 0.05, momentum: 0.6, steps: 3, others: SGD(learningRate: 0.1, momentum: 0.9)),
    "Muon without Nesterov's momentum": Muon(
      learningRate: 0.02, momentum: 0.9, nesterov: false, matrices: .named("5.weight"),
      others: SGD(learningRate: 0.1, momentum: 0.9)),
    "Adam with a cosine": Adam(learningRate: 0.02, weightDecay: 0.1),
  ]

  private static let averages: [String: WeightAveraging] = [
    "exponential average": .exponential(decay: 0.9, statistics: .averaged),
    "exponential average with warm-up": .exponential(decay: 0.7, warmsUp: true, statistics: .averaged),
    "equal average": .stochastic(from: .share(0.3), every: .steps(2)),
    "equal average, of statistics too": .stochastic(from: .steps(0), every: .steps(5), statistics: .averaged),
  ]

  private static func configuration(_ name: String) -> TrainingConfiguration {
    var configuration = TrainingConfiguration()
    (configuration.epochs, configuration.batchSize, configuration.shuffles) = (1, 4, false)
    configuration.optimizer = optimizers[name] ?? SGD(learningRate: 0.1, momentum: 0.9)
    configuration.averaging = averages[name]
    switch name {
    case "groups and a triangle":
      configuration.schedule = triangle
      configuration.groups = [
        .init(.matching("*.bias"), learningRateFactor: 6.4, weightDecay: 0.0125),
        .init(.named("6.bias"), schedule: UntilLR(.steps(6), triangle)),
      ]
    case "Adam with a cosine": configuration.schedule = CosineAnnealingLR(endFactor: 0.1)
    case "clipped values": configuration.maximumGradientValue = 0.05
    case "clipped values and norm":
      (configuration.maximumGradientValue, configuration.maximumGradientNorm) = (0.05, 0.2)
    case "max-norm":
      configuration.groups = ["0.weight", "5.weight"].map { .init(.named($0), maximumNorm: 0.75) }
    case "lookahead": configuration.lookahead = Lookahead(every: 3)
    case "lookahead, falling": configuration.lookahead = Lookahead(every: 3, .falling(keeping: 0.774, power: 3))
    default: break
    }
    return configuration
  }

  @Test("losses, parameters and running statistics over ten steps, to 1e-5", arguments: [1, 2, 3])
  func tenSteps(threads: Int) throws {
    let fixture = try #require(OptimizationFixture.loaded)
    #expect(fixture.cases.count == 20)
    let network = try Network(Self.model, inputShape: [1, 8, 8])
    var initial = Parameters(of: network, seed: 0)
    for entry in initial.entries { initial[entry.name] = try #require(fixture.initial[entry.name]).floats }
    for (name, expected) in fixture.cases {
      var run = TrainingRun(
        network, inputs: DenseInputs(fixture.input.floats, shape: [1, 8, 8]),
        targets: try .classIndices(fixture.targets.integers, classCount: 3), loss: CrossEntropy(labelSmoothing: 0.1),
        configuration: Self.configuration(name), parameters: initial, team: ThreadTeam(threadCount: threads))
      var losses: [Double] = []
      while let event = run.next() { if case .progress(let progress) = event { losses.append(progress.loss) } }
      #expect(losses.count == 10)
      for (found, loss) in zip(losses, expected.losses) { #expect(abs(found - loss) <= 1e-5 * loss, "\(name)") }
      let final = run.parameters
      #expect(Set(final.entries.map(\.name)) == Set(expected.final.keys))
      for entry in final.entries {
        let error = relativeError(final[entry.name], try #require(expected.final[entry.name]).doubles)
        #expect(error <= 1e-5, "\(name): \(entry.name) by \(error)")
      }
    }
  }
}
