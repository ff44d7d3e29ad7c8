import Martlet
import MartletTraining
import Testing

// Examples of schedules, optimizers and averages, word for word, and what they promise.

/// 1, ½, ⅓, …: one step after the other.
struct Harmonic: LearningRateSchedule {
  func factor(at position: TrainingPosition) -> Double { 1 / Double(position.step + 1) }
}

@Suite("Examples of schedules")
struct ScheduleExamples {
  @Test("a schedule of one's own")
  func own() {
    let position = TrainingPosition(step: 1, stepsPerEpoch: 2, stepCount: 4)
    #expect(Harmonic().factor(at: position) == 0.5 && Harmonic() == Harmonic())
  }

  @Test("TrainingPosition")
  func position() {
    let position = TrainingPosition(step: 24, stepsPerEpoch: 48, stepCount: 480)
    print(position.epoch, position.progress)  // 0.5 0.05
    #expect(position.epoch == 0.5 && position.progress == 0.05)
  }

  @Test("TrainingLength")
  func length() {
    let position = TrainingPosition(step: 0, stepsPerEpoch: 48, stepCount: 476)
    let lengths: [TrainingLength] = [.epochs(3), .steps(500), .share(0.23)]
    print(lengths.map { $0.steps(in: position) })  // [144, 500, 109]
    #expect(lengths.map { $0.steps(in: position) } == [144, 500, 109])
  }

  @Test("ConstantLR")
  func constant() {
    let start = TrainingPosition(step: 0, stepsPerEpoch: 10, stepCount: 100)
    print(ConstantLR(0.5).factor(at: start))  // 0.5
    #expect(ConstantLR(0.5).factor(at: start) == 0.5)
  }

  @Test("StepLR")
  func step() {
    let schedule = StepLR(every: .epochs(30))
    let later = TrainingPosition(step: 650, stepsPerEpoch: 10, stepCount: 900)
    print(schedule.factor(at: later) == 0.1 * 0.1)  // true
    #expect(schedule.factor(at: later) == 0.1 * 0.1)
  }

  @Test("MultiStepLR")
  func milestones() {
    let schedule = MultiStepLR(milestones: [.epochs(30), .epochs(80)], gamma: 0.5)
    let later = TrainingPosition(step: 850, stepsPerEpoch: 10, stepCount: 900)
    print(schedule.factor(at: later))  // 0.25
    #expect(schedule.factor(at: later) == 0.25)
  }

  @Test("ExponentialLR")
  func exponential() {
    let schedule = ExponentialLR(gamma: 0.25, every: .epochs(1))
    let half = TrainingPosition(step: 5, stepsPerEpoch: 10, stepCount: 100)
    print(schedule.factor(at: half))  // 0.5
    #expect(schedule.factor(at: half) == 0.5)
  }

  @Test("PolynomialLR")
  func polynomial() {
    let schedule = PolynomialLR(power: 2)
    let half = TrainingPosition(step: 50, stepsPerEpoch: 10, stepCount: 100)
    print(schedule.factor(at: half))  // 0.25
    #expect(schedule.factor(at: half) == 0.25)
  }

  @Test("CosineAnnealingLR")
  func cosine() {
    let schedule = CosineAnnealingLR(endFactor: 0.5)
    let end = TrainingPosition(step: 100, stepsPerEpoch: 10, stepCount: 100)
    print(schedule.factor(at: end))  // 0.5
    #expect(schedule.factor(at: end) == 0.5)
  }

  @Test("OneCycleLR")
  func oneCycle() {
    let schedule = OneCycleLR(risingShare: 0.5)
    let top = TrainingPosition(step: 49, stepsPerEpoch: 10, stepCount: 100)
    print(schedule.factor(at: top))  // 1.0
    #expect(schedule.factor(at: top) == 1)
  }

  @Test("TriangularLR")
  func triangle() {
    let schedule = TriangularLR(startFactor: 0.2, peak: .share(0.25), endFactor: 0)
    let position = TrainingPosition(step: 50, stepsPerEpoch: 10, stepCount: 80)
    print(schedule.factor(at: position))  // 0.5
    #expect(schedule.factor(at: position) == 0.5)
  }

  @Test("WarmupLR")
  func warmup() {
    let schedule = WarmupLR(for: .epochs(5), from: 0.5, then: CosineAnnealingLR())
    let start = TrainingPosition(step: 0, stepsPerEpoch: 10, stepCount: 100)
    print(schedule.factor(at: start))  // 0.5
    #expect(schedule.factor(at: start) == 0.5)
  }

  @Test("UntilLR")
  func until() {
    let group = ParameterGroup(.named("whiten.bias"), schedule: UntilLR(.epochs(3), TriangularLR()))
    let later = TrainingPosition(step: 144, stepsPerEpoch: 48, stepCount: 476)
    print(group.schedule?.factor(at: later) == 0)  // true
    #expect(group.schedule?.factor(at: later) == 0)
  }

  @Test("TrainingPlan.setLearningRate")
  func plan() throws {
    let network = try Network(Models.mlp(hidden: [8], inputShape: [2], classCount: 2), inputShape: [2])
    var plan = TrainingPlan(
      network, batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.5), seed: 1)
    let position = TrainingPosition(step: plan.stepCount, stepsPerEpoch: 100, stepCount: 1000)
    plan.setLearningRate(by: CosineAnnealingLR(), at: position)
    let factor = plan.learningRateFactor
    #expect(factor == 1)
  }
}

@Suite("Examples of optimizers and averages")
struct OptimizationExamples {
  @Test("Adam")
  func adam() {
    let optimizer = Adam(learningRate: 0.001, amsgrad: true)
    print(optimizer.slots)  // ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
    #expect(optimizer.slots == ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"])
  }

  @Test("RMSprop")
  func rmsprop() {
    let optimizer = RMSprop(learningRate: 0.01, momentum: 0.9, centered: true)
    print(optimizer.slots)  // ["square_avg", "momentum_buffer", "grad_avg"]
    #expect(optimizer.slots == ["square_avg", "momentum_buffer", "grad_avg"])
  }

  @Test("Muon")
  func muon() {
    let optimizer = Muon(
      learningRate: 0.24, momentum: 0.6, steps: 3, matrices: .matching("*conv*.weight"),
      others: SGD(learningRate: 0.1, momentum: 0.85, nesterov: true))
    print(optimizer.slots)  // ["momentum_buffer"]
    #expect(optimizer.slots == ["momentum_buffer"])
  }

  @Test("Lookahead")
  func lookahead() {
    let lookahead = Lookahead(every: 5, .falling(keeping: 0.774, power: 3))
    let half = TrainingPosition(step: 50, stepsPerEpoch: 10, stepCount: 100)
    print(lookahead.share(at: half) > 0.9)  // true
    #expect(lookahead.share(at: half) > 0.9)
  }

  @Test("WeightAveraging")
  func averaging() {
    var configuration = TrainingConfiguration()
    configuration.averaging = .exponential(decay: 0.999, warmsUp: true)
    configuration.averaging = .stochastic(from: .share(0.75), every: .epochs(1))
    #expect(configuration.averaging == .stochastic())
  }

  @Test("TrainingPlan.blend and TrainingPlan.measureStatistics")
  func plan() throws {
    let model = Sequential {
      Linear(2, 8)
      BatchNorm1d(8)
      Linear(8, 2)
    }
    var plan = try TrainingPlan(
      Network(model, inputShape: [2]), batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.5), seed: 1)
    let batch = Batch(
      inputs: DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2]),
      targets: try .classIndices([0, 1, 1, 0], classCount: 2))
    let batches = [batch, batch]
    var average = plan.parameters
    plan.step(batch)
    plan.blend(into: &average, share: 0.01)
    let before = plan.parameters
    #expect(average != before)
    for (index, batch) in batches.enumerated() { plan.measureStatistics(batch, share: 1 / Float(index + 1)) }
    let after = plan.parameters
    #expect(after["0.weight"] == before["0.weight"] && after["1.running_mean"] != before["1.running_mean"])
  }
}
