import Testing

@testable import Martlet

@Suite("Limits of gradients and weights, and statistics by themselves")
struct GradientLimitTests {
  private static let network = try? Network(
    Sequential {
      Conv2d(1, 4, kernelSize: 3, bias: false)
      BatchNorm2d(4)
      ReLU()
      Flatten()
      Linear(64, 5)
      BatchNorm1d(5)
      Linear(5, 3)
    }, inputShape: [1, 6, 6])

  private static func batch(_ count: Int) throws -> Batch {
    let source = RandomSource(seed: 2)
    return Batch(
      inputs: DenseInputs((0..<count * 36).map { source.uniform(at: $0) * 4 - 2 }, shape: [1, 6, 6]),
      targets: try .classIndices((0..<count).map { $0 % 3 }, classCount: 3))
  }

  private static func plan(
    value: Float? = nil, groups: [ParameterGroup] = [], threads: Int = 1, optimizer: any Optimizer = AdamW()
  ) throws -> TrainingPlan {
    TrainingPlan(
      try #require(network), batchSize: 12, loss: CrossEntropy(), optimizer: optimizer, seed: 4, groups: groups,
      maximumGradientValue: value, team: ThreadTeam(threadCount: threads), keepsGradients: true)
  }

  @Test("a gradient is limited by itself")
  func value() throws {
    let batch = try Self.batch(12)
    var free = try Self.plan()
    var limited = try Self.plan(value: 0.01)
    free.step(batch)
    limited.step(batch)
    let (gradients, found) = (free.gradients, limited.gradients)
    #expect(gradients.values.contains { $0 > 0.01 } && gradients.values.contains { $0 < -0.01 })
    #expect(gradients.values.contains { abs($0) < 0.01 && $0 != 0 })
    #expect(found.values == gradients.values.map { min(0.01, max(-0.01, $0)) })
  }

  @Test("no unit is longer than its group allows, and shorter ones are left alone")
  func maximumNorm() throws {
    let batch = try Self.batch(12)
    var free = try Self.plan()
    var limited = try Self.plan(groups: [.init(.matching("4.weight"), maximumNorm: 0.57)])
    free.step(batch)
    limited.step(batch)
    let (expected, found) = (free.parameters, limited.parameters)
    func norms(_ parameters: Parameters) -> [Float] {
      (0..<5).map { unit in
        parameters["4.weight"][unit * 64..<unit * 64 + 64].reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
    }
    let lengths = norms(expected)
    #expect(lengths.contains { $0 > 0.57 } && lengths.contains { $0 < 0.57 }, "\(lengths)")
    for (unit, length) in lengths.enumerated() {
      let elements = unit * 64..<unit * 64 + 64
      if length > 0.57 {
        #expect(abs(norms(found)[unit] - 0.57) < 1e-5)
      } else {
        #expect(found["4.weight"][elements] == expected["4.weight"][elements])
      }
    }
    #expect(found["0.weight"] == expected["0.weight"])
  }

  @Test(
    "are the same for any number of threads, with any optimizer",
    arguments: [
      Adam(amsgrad: true), RMSprop(learningRate: 0.001, momentum: 0.9, centered: true),
      SGD(learningRate: 0.1, momentum: 0.9), Muon(learningRate: 0.02, others: SGD(learningRate: 0.1)),
    ] as [any Optimizer])
  func threads(optimizer: any Optimizer) throws {
    func result(_ threads: Int) throws -> [Parameters] {
      var plan = try Self.plan(
        value: 0.01, groups: [.init(.roles([.weight]), maximumNorm: 0.5), .init(.matching("*.bias"), weightDecay: 0)],
        threads: threads, optimizer: optimizer)
      var average = plan.parameters
      for step in 0..<12 {
        plan.learningRateFactor = step == 5 ? 0.5 : 1
        plan.step(try Self.batch(12))
        plan.blend(into: &average, share: 0.25)
        if step % 4 == 3 { plan.parameters = average }
        plan.measureStatistics(try Self.batch(7), share: 0.5)
      }
      return [plan.parameters, average]
    }
    let one = try result(1)
    for threads in [2, 3, 5, 8] { #expect(try result(threads) == one) }
  }

  @Test("measuring moves nothing but statistics, by the share that it is given")
  func statistics() throws {
    let (first, second) = (try Self.batch(12), try Self.batch(6))
    var plan = try Self.plan(threads: 2)
    plan.step(first)
    let (before, state) = (plan.parameters, plan.optimizerState)
    plan.measureStatistics(first, share: 1)
    let one = plan.parameters
    plan.measureStatistics(second, share: 1)
    let other = plan.parameters
    plan.measureStatistics(first, share: 0.5)
    let mean = plan.parameters
    let later = plan.optimizerState
    #expect(later == state && plan.stepCount == 1)
    var moved = 0
    for parameter in try #require(Self.network).parameters {
      let name = parameter.name
      guard parameter.role == .statistic else {
        #expect(mean[name] == before[name])
        continue
      }
      moved += 1
      #expect(one[name] != before[name] && other[name] != one[name])
      #expect(mean[name] == zip(one[name], other[name]).map { 0.5 * $1 + 0.5 * $0 })
    }
    #expect(moved == 4)
    // As if it was never measured, but for statistics.
    plan.parameters = before
    var untouched = try Self.plan()
    untouched.step(first)
    plan.step(second)
    untouched.step(second)
    let (found, expected) = (plan.parameters, untouched.parameters)
    #expect(found == expected)
  }

  @Test(
    "Muon gives whole matrices to threads, and updates divided layers and batches in parts alike", arguments: [4, 200])
  func wholeMatrices(batchSize: Int) throws {
    let network = try Network(Models.mlp(hidden: [128, 40], inputShape: [1, 12, 12]), inputShape: [1, 12, 12])
    let source = RandomSource(seed: 2)
    let batch = Batch(
      inputs: DenseInputs((0..<batchSize * 144).map { source.uniform(at: $0) - 0.5 }, shape: [1, 12, 12]),
      targets: try .classIndices((0..<batchSize).map { $0 % 10 }, classCount: 10))
    func result(_ threads: Int) -> (Parameters, Double) {
      var plan = TrainingPlan(
        network, batchSize: batchSize, loss: CrossEntropy(),
        optimizer: Muon(learningRate: 0.02, normalizesWeights: false, others: SGD(learningRate: 0.1)), seed: 4,
        team: ThreadTeam(threadCount: threads))
      var loss = 0.0
      for _ in 0..<15 { loss = plan.step(batch).loss }
      return (plan.parameters, loss)
    }
    let one = result(1)
    #expect(one.1 < 2.2)
    for threads in [2, 3, 5] { #expect(result(threads) == one) }
  }

  @Test("a network without statistics has none to measure")
  func nothingToMeasure() throws {
    let network = try Network(Models.mlp(hidden: [4], inputShape: [2], classCount: 2), inputShape: [2])
    var plan = TrainingPlan(
      network, batchSize: 2, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 1)
    let before = plan.parameters
    plan.measureStatistics(
      Batch(inputs: DenseInputs([1, 2, 3, 4], shape: [2]), targets: try .classIndices([0, 1], classCount: 2)), share: 1)
    let after = plan.parameters
    #expect(after == before)
  }
}
