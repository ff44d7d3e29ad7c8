import Testing

@testable import Martlet
@testable import MartletTraining

@Suite("Averaged weights and lookahead")
struct WeightAveragingTests {
  private static let network = try? Network(
    Sequential {
      Linear(3, 8, bias: false)
      BatchNorm1d(8)
      ReLU()
      Dropout(0.1)
      Linear(8, 4)
    }, inputShape: [3])

  private static func run(
    averaging: WeightAveraging? = nil, lookahead: Lookahead? = nil, epochs: Int = 3, rounds: Int = 1, threads: Int = 1
  ) throws -> TrainingRun {
    let source = RandomSource(seed: 3)
    var configuration = TrainingConfiguration()
    (configuration.epochs, configuration.batchSize) = (epochs, 5)
    configuration.optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    (configuration.averaging, configuration.lookahead) = (averaging, lookahead)
    return TrainingRun(
      try #require(network), inputs: DenseInputs((0..<60).map { source.uniform(at: $0) }, shape: [3]),
      targets: try .classIndices((0..<20).map { $0 % 4 }, classCount: 4), loss: CrossEntropy(),
      configuration: configuration, rounds: rounds, seed: 1, team: ThreadTeam(threadCount: threads))
  }

  @Test("training does not see averages, not even if they are asked for at every step")
  func trainingGoesOn() throws {
    var plain = try Self.run()
    while plain.next() != nil {}
    let expected = plain.lastParameters
    #expect(plain.parameters == expected)
    for averaging in [WeightAveraging.exponential(decay: 0.5), .stochastic(from: .epochs(1), every: .steps(1))] {
      var run = try Self.run(averaging: averaging)
      var averages: [Parameters] = []
      while let event = run.next() { if case .progress = event { averages.append(run.parameters) } }
      #expect(run.lastParameters == expected && run.parameters != expected)
      // At the end, an average is what it is if nobody asked before.
      var unasked = try Self.run(averaging: averaging)
      while unasked.next() != nil {}
      #expect(unasked.parameters == averages.last)
    }
  }

  @Test("statistics that are made anew are those of the averaged weights, over the batches of the first epoch")
  func statistics() throws {
    var run = try Self.run(averaging: .stochastic(from: .steps(0), every: .steps(4)))
    while run.next() != nil {}
    let found = run.parameters
    var averaged = try Self.run(averaging: .stochastic(from: .steps(0), every: .steps(4), statistics: .averaged))
    while averaged.next() != nil {}
    let other = averaged.parameters
    // By hand: the inputs of the normalisation, out of the averaged weights.
    let (weights, source) = (found["0.weight"], RandomSource(seed: 3))
    #expect(weights == other["0.weight"] && found["1.running_mean"] != other["1.running_mean"])
    let order = RandomSource(seed: 1).stream("order").stream(1).permutation(of: 20)
    var (means, variances) = (Array(repeating: 0.0, count: 8), Array(repeating: 0.0, count: 8))
    for batch in 0..<4 {
      for unit in 0..<8 {
        let values = order[batch * 5..<batch * 5 + 5].map { row in
          (0..<3).reduce(0.0) { $0 + Double(weights[unit * 3 + $1]) * Double(source.uniform(at: row * 3 + $1)) }
        }
        let mean = values.reduce(0, +) / 5
        means[unit] += mean / 4
        variances[unit] += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4 / 4
      }
    }
    for unit in 0..<8 {
      #expect(abs(Double(found["1.running_mean"][unit]) - means[unit]) <= 1e-5)
      #expect(abs(Double(found["1.running_var"][unit]) - variances[unit]) <= 1e-5)
    }
  }

  @Test("are the same for any number of threads")
  func threads() throws {
    func result(_ threads: Int) throws -> Parameters {
      var run = try Self.run(
        averaging: .exponential(decay: 0.7, warmsUp: true), lookahead: Lookahead(every: 3), threads: threads)
      while run.next() != nil {}
      return run.parameters
    }
    let one = try result(1)
    for threads in [2, 3, 4] { #expect(try result(threads) == one) }
  }

  @Test("a training with lookahead ends with its slow weights, at the end of all rounds")
  func lookahead() throws {
    // They never follow.
    var still = try Self.run(lookahead: Lookahead(every: 7, .constant(0)))
    let initial = still.parameters
    while still.next() != nil {}
    #expect(still.parameters == initial)
    var rounds = try Self.run(lookahead: Lookahead(every: 7, .constant(0)), epochs: 1, rounds: 2)
    while rounds.next() != nil {}
    // Between rounds, the trained weights have moved, and the slow ones have not.
    #expect(rounds.lastParameters != initial && rounds.parameters == initial)
    rounds.renew(
      targets: try .classIndices(Array(repeating: 1, count: 20), classCount: 4), examples: Array(0..<20),
      unlabelled: nil)
    while rounds.next() != nil {}
    #expect(rounds.parameters == initial)
    // They always follow all the way.
    var free = try Self.run(lookahead: Lookahead(every: 1, .constant(1)))
    var plain = try Self.run()
    while free.next() != nil {}
    while plain.next() != nil {}
    #expect(free.parameters == plain.parameters)
  }

  @Test("validation and an early end see the slow weights of a lookahead")
  func lookaheadWithValidation() throws {
    // They never follow: every epoch is as good as the first, which is taken, and patience ends it after one more.
    let source = RandomSource(seed: 3)
    var configuration = TrainingConfiguration()
    (configuration.epochs, configuration.batchSize) = (5, 5)
    configuration.optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    configuration.lookahead = Lookahead(every: 7, .constant(0))
    configuration.validation = ValidationSplit(share: 0.25, patience: 1)
    var run = TrainingRun(
      try #require(Self.network), inputs: DenseInputs((0..<60).map { source.uniform(at: $0) }, shape: [3]),
      targets: try .classIndices((0..<20).map { $0 % 4 }, classCount: 4), loss: CrossEntropy(),
      configuration: configuration, seed: 1)
    let initial = run.parameters
    var points: [ValidationPoint] = []
    while let event = run.next() { if case .validation(let point, _) = event { points.append(point) } }
    #expect(points.count == 2 && points[0].loss == points[1].loss && points[0].accuracy == points[1].accuracy)
    #expect(run.bestParameters == initial && run.parameters == initial && run.lastParameters != initial)
  }

  @Test("points of an equal average are the ends of stretches behind its start")
  func points() throws {
    let averaging = WeightAveraging.stochastic(from: .epochs(2), every: .epochs(1))
    let shares = (1...20).map { step in
      averaging.share(
        at: TrainingPosition(step: step, stepsPerEpoch: 5, stepCount: 20), count: 1, roundStep: step)
    }
    #expect(shares.indices.filter { shares[$0] != nil }.map { $0 + 1 } == [15, 20])
    // Before the first one, the weights are those that are trained.
    var run = try Self.run(averaging: .stochastic(from: .share(1), every: .epochs(1)))
    while run.next() != nil {}
    #expect(run.parameters == run.lastParameters)
  }

  @Test("recipes with other averages are other trainings")
  func sharing() throws {
    let recipe = try Recipe.example()
    func differs(_ change: (inout TrainingConfiguration) -> Void) -> Bool {
      var other = recipe
      change(&other.configuration)
      return !recipe.isSameTraining(as: other) && other.isSameTraining(as: other)
    }
    #expect(differs { $0.averaging = .exponential() } && differs { $0.lookahead = Lookahead() })
    #expect(differs { $0.maximumGradientValue = 1 })
  }
}
