import MartletTestSupport
import Testing

@testable import Martlet

/// A schedule's factors over 40 steps of 5 epochs, by PyTorch.
private struct ScheduleFixture: Decodable {
  let name: String
  let factors: [Double]
}

@Suite("Learning-rate schedules")
struct LearningRateScheduleTests {
  private static let schedules: [String: any LearningRateSchedule] = [
    "step": StepLR(every: .epochs(2)),
    "step, in steps": StepLR(every: .steps(7), gamma: 0.5),
    "milestones": MultiStepLR(milestones: [.epochs(1), .epochs(3)], gamma: 0.2),
    "exponential": ExponentialLR(gamma: 0.9),
    "polynomial": PolynomialLR(power: 1.7),
    "line": PolynomialLR(endFactor: 0.25),
    "cosine": CosineAnnealingLR(),
    "cosine with an end": CosineAnnealingLR(endFactor: 0.1),
    "one cycle": OneCycleLR(),
    "one cycle, of lines": OneCycleLR(risingShare: 0.23, annealing: .linear, divFactor: 5, finalDivFactor: 3),
    "one cycle, in three phases": OneCycleLR(threePhases: true),
    "triangle": TriangularLR(),
    "warm-up": WarmupLR(for: .epochs(1), from: 0.1, then: CosineAnnealingLR(endFactor: 0.05)),
    "warm-up before steps": WarmupLR(for: .steps(5), from: 0.01, then: StepLR(every: .steps(10))),
  ]

  private static func position(_ step: Int) -> TrainingPosition {
    TrainingPosition(step: step, stepsPerEpoch: 8, stepCount: 40)
  }

  @Test("agree with PyTorch's at each step, to 1e-12")
  func fixtures() throws {
    let fixtures: [ScheduleFixture] = try Fixture.load("schedules.json", from: .module)
    #expect(Set(fixtures.map(\.name)) == Set(Self.schedules.keys))
    for fixture in fixtures {
      let schedule = try #require(Self.schedules[fixture.name])
      #expect(fixture.factors.count == 40)
      for (step, expected) in fixture.factors.enumerated() {
        let found = schedule.factor(at: Self.position(step))
        #expect(abs(found - expected) <= 1e-12, "\(fixture.name), step \(step): \(found), not \(expected)")
      }
    }
  }

  @Test("stay finite, and at their end, when training goes on for longer than was said")
  func beyondTheEnd() {
    for (name, schedule) in Self.schedules where !["step", "step, in steps", "exponential"].contains(name) {
      let end = schedule.factor(at: Self.position(40))
      for step in [41, 1000] {
        let factor = schedule.factor(at: Self.position(step))
        #expect(factor == end || name == "warm-up before steps", "\(name): \(factor) at \(step), and \(end) at its end")
      }
    }
    for (name, schedule) in Self.schedules {
      let only = schedule.factor(at: TrainingPosition(step: 0, stepsPerEpoch: 1, stepCount: 1))
      #expect(only.isFinite && only >= 0, "\(name): \(only) in a training of one step")
    }
  }

  @Test("a schedule may end early, and a warm-up may lead to whatever a schedule starts with")
  func combinations() {
    let until = UntilLR(.epochs(3), PolynomialLR())
    #expect(until.factor(at: Self.position(23)) == PolynomialLR().factor(at: Self.position(23)))
    #expect(until.factor(at: Self.position(24)) == 0)
    #expect(UntilLR(.steps(2)).factor(at: Self.position(1)) == 1)
    let warm = WarmupLR(for: .share(0.25), from: 0, then: ConstantLR(0.5))
    #expect([0, 5, 10, 39].map { warm.factor(at: Self.position($0)) } == [0, 0.25, 0.5, 0.5])
    #expect(WarmupLR(for: .steps(4), from: 0.5).factor(at: Self.position(2)) == 0.75)
  }

  @Test("are compared by value")
  func equality() {
    #expect(WarmupLR(for: .steps(4), from: 0.5) == WarmupLR(for: .steps(4), from: 0.5))
    let groups = [
      ParameterGroup(.all, schedule: StepLR(every: .steps(3))),
      ParameterGroup(.all, schedule: StepLR(every: .steps(3))),
      ParameterGroup(.all, schedule: StepLR(every: .steps(4))), ParameterGroup(.all, schedule: CosineAnnealingLR()),
      ParameterGroup(.all),
    ]
    #expect(groups[0] == groups[1] && Set(groups).count == 4)
  }
}

@Suite("Patterns of names")
struct PatternTests {
  @Test(
    "stand for whole names",
    arguments: [
      (
        "*.norm1.bias", ["block1.norm1.bias", "a.b.norm1.bias"],
        ["norm1.bias", "block1.norm1.bias2", "block1.norm2.bias"]
      ),
      ("conv1.weight", ["conv1.weight"], ["conv1.weight2", "xconv1.weight"]),
      ("*", ["", "a", "a.b"], []),
      ("a*b*c", ["abc", "axbxc", "abbcc", "abcbc"], ["ab", "acb", "ac", "abcd"]),
      ("aba*aba", ["abaaba", "abaxaba"], ["aba", "ababa"]),
      ("*norm*", ["norm", "a.norm1.weight"], ["nor.m"]),
    ])
  func patterns(pattern: String, fitting: [String], others: [String]) {
    for name in fitting { #expect(name.matches(pattern), "\(name)") }
    for name in others { #expect(!name.matches(pattern), "\(name)") }
  }

  @Test("choose parameters of a network")
  func network() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let group = ParameterGroup(.matching("*2.weight"), weightDecay: 0.5)
    #expect(network.parameters.filter(group.contains).map(\.name) == ["conv2.weight", "fc2.weight"])
    let decays = network.settings([.init(.all, weightDecay: 0.1), group]).map(\.weightDecay)
    #expect(decays.count { $0 == 0.5 } == 2 && decays.count { $0 == 0.1 } == network.parameters.count - 2)
  }

  @Test("that fit no parameter end the program with a sentence")
  func typingMistake() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Network(Models.tutorial(), inputShape: [3, 32, 32]).settings([.init(.matching("*.norm"), weightDecay: 0)])
    }
    let sentence = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(sentence.contains("There is no parameter '*.norm'; there are conv1.weight, "))
  }
}

@Suite("The plan's learning-rate factor")
struct LearningRateFactorTests {
  private static let batch = try? Batch(
    inputs: DenseInputs([1, 2, 3, 4, -1, 0.5], shape: [2]), targets: .classIndices([0, 1, 0], classCount: 2))

  private func network() throws -> Network {
    try Network(Models.mlp(hidden: [6], inputShape: [2], classCount: 2), inputShape: [2])
  }

  private func plan(
    rate: Float, groups: [ParameterGroup] = [], clips: Bool = false, threads: Int = 1, keepsGradients: Bool = false
  ) throws -> TrainingPlan {
    TrainingPlan(
      try network(), batchSize: 3, loss: CrossEntropy(),
      optimizer: SGD(learningRate: rate, momentum: 0.9, weightDecay: 0.01), seed: 1, groups: groups,
      maximumGradientNorm: clips ? 0.1 : nil, team: ThreadTeam(threadCount: threads), keepsGradients: keepsGradients)
  }

  @Test("is a change of the learning rate, and no other")
  func factor() throws {
    let batch = try #require(Self.batch)
    var scaled = try plan(rate: 0.25)
    var plain = try plan(rate: 0.25)
    for step in 0..<6 {
      scaled.learningRateFactor = step < 3 ? 0.5 : 2
      plain.optimizer = SGD(learningRate: step < 3 ? 0.125 : 0.5, momentum: 0.9, weightDecay: 0.01)
      scaled.step(batch)
      plain.step(batch)
    }
    let (found, expected) = (scaled.parameters, plain.parameters)
    #expect(found == expected)
  }

  @Test("leaves groups with a schedule of their own alone, and multiplies the factors of others")
  func groups() throws {
    let batch = try #require(Self.batch)
    let names = try network().parameters.map(\.name)
    var scaled = try plan(
      rate: 0.25,
      groups: [
        .init(.matching("*.bias"), schedule: ConstantLR(0.5)), .init(.named(names[0]), learningRateFactor: 2),
      ])
    var plain = try plan(
      rate: 0.25,
      groups: [
        .init(.roles([.weight]), learningRateFactor: 4), .init(.named(names[0]), learningRateFactor: 8),
        .init(.roles([.bias]), learningRateFactor: 0.5),
      ])
    for step in 0..<4 {
      scaled.setLearningRate(by: ConstantLR(4), at: TrainingPosition(step: step, stepsPerEpoch: 2, stepCount: 4))
      #expect(scaled.learningRateFactor == 4)
      scaled.step(batch)
      plain.step(batch)
    }
    let (found, expected) = (scaled.parameters, plain.parameters)
    #expect(found == expected)
  }

  @Test("a group whose schedule is 0 rests: it trains as if it was frozen", arguments: [false, true], [1, 2])
  func resting(clips: Bool, threads: Int) throws {
    let batch = try #require(Self.batch)
    let name = try network().parameters[0].name
    var resting = try plan(
      rate: 0.25, groups: [.init(.named(name), schedule: UntilLR(.steps(3)))], clips: clips, threads: threads,
      keepsGradients: true)
    for step in 0..<3 {
      resting.setLearningRate(by: nil, at: TrainingPosition(step: step, stepsPerEpoch: 2, stepCount: 9))
      resting.step(batch)
    }
    let (before, state) = (resting.parameters, resting.optimizerState["momentum_buffer"])
    #expect(state?[name].allSatisfy { $0 != 0 } == true)
    // The rest of the training without the parameter.
    var frozen = try plan(rate: 0.25, groups: [.init(.named(name), isFrozen: true)], clips: clips)
    frozen.parameters = before
    frozen.optimizerState = try #require(state.map { ["momentum_buffer": $0] })
    frozen.stepCount = 3
    for step in 3..<9 {
      resting.setLearningRate(by: nil, at: TrainingPosition(step: step, stepsPerEpoch: 2, stepCount: 9))
      resting.step(batch)
      frozen.step(batch)
    }
    let (found, expected) = (resting.parameters, frozen.parameters)
    #expect(found == expected && found[name] == before[name])
    #expect(found != before)
    let (later, gradient) = (resting.optimizerState["momentum_buffer"], resting.gradients[name])
    #expect(later?[name] == state?[name])
    #expect(gradient.allSatisfy { $0 == 0 })
  }
}
