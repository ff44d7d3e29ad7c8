public import Martlet
import Requirements

/// Training as a sequence of events: a plain loop over the plan's step, which stops wherever there is something to say.
///
/// ```swift
/// var configuration = TrainingConfiguration()
/// configuration.batchSize = 2
/// configuration.optimizer = SGD(learningRate: 0.5)
/// let network = try Network(Models.mlp(hidden: [8], inputShape: [2], classCount: 2), inputShape: [2])
/// var run = TrainingRun(
///   network, inputs: DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2]),
///   targets: try .classIndices([0, 1, 1, 0], classCount: 2), loss: CrossEntropy(), configuration: configuration)
/// while let event = run.next() {
///   if case .epochEnd(let epoch, let loss) = event { print(epoch, loss) }
/// }
/// ```
public struct TrainingRun: ~Copyable {
  /// How the network is trained.
  public let configuration: TrainingConfiguration
  private let rounds: Int
  private let seed: UInt64
  private let logEvery: Int
  private var plan: TrainingPlan
  private let team: ThreadTeam
  /// All inputs as they are.
  private let plainInputs: any InputSource
  /// All inputs as they are trained on.
  private let inputs: any InputSource
  private let heldOut: ValidationImages?
  private var best: (point: ValidationPoint, parameters: Parameters?)?
  private var isStopped = false
  private var targets: Targets
  /// The epochs behind the labels that were renewed last: orders of images and pseudo-labels' weights go on from there.
  private var epochsBefore = 0
  /// How often labels were renewed, and the steps before the last time.
  private var renewals = 0
  private var stepsBefore = 0
  private var order: StepOrder
  private var lookahead: LookaheadState?
  private var average: WeightAverage?
  /// Averaged weights whose statistics were made anew after a step.
  private var renewed: (step: Int, parameters: Parameters)?

  private var epoch = 0
  private var step = 0
  private var images = 0
  private var epochSum = 0.0
  private var epochDenominator = 0.0
  private var sinceLog = RunningMean()
  private var sinceProgress = RunningMean()
  private var pending: [TrainingEvent] = []

  private struct RunningMean {
    var sum = 0.0
    var count = 0
    mutating func add(_ value: Double) {
      sum += value
      count += 1
    }
    mutating func take() -> (mean: Double, count: Int) {
      defer { self = RunningMean() }
      // Of nothing there is no mean.
      return (sum / Double(count), count)
    }
  }

  /// Gets ready to train `network`.
  ///
  /// - Parameters:
  ///   - network: what to train.
  ///   - inputs: all inputs.
  ///   - targets: one for each input.
  ///   - examples: the inputs to train on, by their positions; nil for all of them.
  ///   - unlabelled: inputs to train on beside `examples`, whose targets are pseudo-labels.
  ///   - validation: the inputs to hold out, if the configuration wants validation; nil draws them from `examples`, and takes each
  ///     target's most probable class as its label. None of them is trained on.
  ///   - loss: what is minimised.
  ///   - configuration: how; batches have one input or more.
  ///   - rounds: how often the epochs are gone through in all, if labels are to be renewed. Schedules cover all rounds.
  ///   - seed: what the order of the inputs is drawn from, and the initial weights.
  ///   - parameters: the initial weights; nil draws them from the seed.
  ///   - logEvery: the steps from one report of the running loss to the next.
  ///   - team: the threads that share the work.
  public init(
    _ network: Network, inputs: any InputSource, targets: Targets, examples: [Int]? = nil,
    unlabelled: UnlabelledImages? = nil, validation: ValidationImages? = nil, loss: any Loss,
    configuration: TrainingConfiguration = TrainingConfiguration(), rounds: Int = 1, seed: UInt64 = 0,
    parameters: Parameters? = nil, logEvery: Int = 2000, team: ThreadTeam = .single
  ) {
    require(configuration.batchSize >= 1, "A batch must have one input at least, not \(configuration.batchSize).")
    require(configuration.epochs >= 0, "There cannot be \(configuration.epochs) epochs.")
    require(logEvery >= 1, "The running loss can be reported every step at most, not every \(logEvery) steps.")
    require(
      configuration.cutmix == nil || inputs.inputShape.rank >= 2,
      "CutMix needs images, not inputs of shape \(inputs.inputShape).")
    Self.check(targets, for: inputs)
    require(rounds >= 1, "There must be one round at least, not \(rounds).")
    self.configuration = configuration
    self.rounds = rounds
    self.seed = seed
    self.logEvery = logEvery
    self.team = team
    plainInputs = inputs
    self.inputs =
      configuration.augmentations.isEmpty ? inputs : AugmentedInputs(inputs, configuration.augmentations)
    self.targets = targets
    let examples = examples ?? Array(0..<inputs.count)
    let heldOut = configuration.validation.map { split in
      validation ?? Self.heldOut(split, among: examples, targets, seed: seed)
    }
    require(
      heldOut == nil || network.outputShape.rank == 1,
      "Validation is for networks with one row of logits, not for outputs of shape \(network.outputShape).")
    self.heldOut = heldOut
    order = StepOrder(
      labelled: Self.without(heldOut, examples), unlabelled: unlabelled?.without(heldOut),
      batchSize: configuration.batchSize,
      inputCount: inputs.count, seed: configuration.shuffles ? seed : nil)
    plan = TrainingPlan(
      network, batchSize: order.imagesPerStep, loss: loss, optimizer: configuration.optimizer,
      parameters: parameters ?? Parameters(of: network, seed: seed), seed: seed, groups: configuration.groups,
      maximumGradientNorm: configuration.maximumGradientNorm,
      maximumGradientValue: configuration.maximumGradientValue, team: team)
    lookahead = configuration.lookahead.map { LookaheadState(lookahead: $0, slow: plan.parameters) }
    average = configuration.averaging.map { WeightAverage(averaging: $0, parameters: plan.parameters) }
    require(
      order.fewestImagesPerStep >= network.minimumRows,
      "The last step of an epoch would have \(order.fewestImagesPerStep) image, but this network's batch normalisation needs "
        + "\(network.minimumRows); take another batch size.")
  }

  /// Draws the images to hold out, by the most probable class of their targets.
  private static func heldOut(
    _ split: ValidationSplit, among examples: [Int], _ targets: Targets, seed: UInt64
  ) -> ValidationImages {
    split.images(
      among: examples.filter { !targets.isIgnored($0) }, classCount: targets.classCount, seed: seed
    ) { example in
      PseudoLabels.argmax(of: targets.distribution(at: example), at: 0, targets.classCount)
    }
  }

  private static func without(_ heldOut: ValidationImages?, _ examples: [Int]) -> [Int] {
    guard let heldOut else { return examples }
    let left = Set(heldOut.examples)
    return examples.filter { !left.contains($0) }
  }

  private static func check(_ targets: Targets, for inputs: any InputSource) {
    require(
      targets.count == inputs.count,
      "There must be a target for each of \(inputs.count) inputs, but there are \(targets.count).")
  }

  /// The steps of one epoch.
  public var stepsPerEpoch: Int { order.stepsPerEpoch }

  /// The bytes that the training plan has allocated.
  public var memorySize: Int { plan.memorySize }

  /// A copy of the weights as they are now: their average, if the configuration asks for one, and there is one yet; or else the slow ones,
  /// if there are any.
  ///
  /// If the statistics of averaged weights are to be made anew, this is a pass over the training images, once for each step after which it
  /// is asked for.
  public var parameters: Parameters {
    mutating get {
      guard let average, average.count > 0 else { return lookahead?.slow ?? plan.parameters }
      let hasStatistics = plan.network.parameters.contains { $0.role == .statistic }
      guard hasStatistics, average.averaging.statistics == .renewed else { return average.parameters }
      if let renewed, renewed.step == plan.stepCount { return renewed.parameters }
      let trained = plan.parameters
      plan.parameters = average.parameters
      measureStatistics()
      let parameters = plan.parameters
      plan.parameters = trained
      renewed = (plan.stepCount, parameters)
      return parameters
    }
  }

  /// A copy of the weights as the last step left them, whether or not they are averaged.
  public var lastParameters: Parameters { plan.parameters }

  /// Makes the statistics of normalisations anew: their mean over the batches of the first epoch.
  private mutating func measureStatistics() {
    var order = order
    order.beginEpoch(1)
    for index in 0..<order.stepsPerEpoch {
      let step = order.step(index, time: 0) { _ in 1 }
      plan.measureStatistics(batch(step, epoch: 1, step: index), share: 1 / Float(index + 1))
    }
  }

  /// Where the training is: before the step that comes next. With labels that are renewed, all rounds are one training. What is still to
  /// come counts with the steps that an epoch has now.
  public var position: TrainingPosition {
    let perRound = configuration.epochs * stepsPerEpoch
    return TrainingPosition(
      step: plan.stepCount, stepsPerEpoch: max(1, stepsPerEpoch),
      stepCount: max(1, stepsBefore + max(0, rounds - renewals) * perRound))
  }

  /// The best epoch so far by its validation, since training started, or was renewed; nil without validation.
  public var bestValidation: ValidationPoint? { best?.point }

  /// The weights after that epoch; nil if the configuration does not keep them.
  public var bestParameters: Parameters? { best?.parameters }

  /// Goes on for as many epochs again, with other targets: the weights, the optimizer's state, and the time of schedules and of
  /// pseudo-labels are kept, and so are the inputs that are held out for validation. The best epoch is looked for anew. Schedules that were not
  /// told of this round stay at their end.
  ///
  /// - Parameters:
  ///   - targets: one for each input.
  ///   - examples: the inputs to train on, by their positions.
  ///   - unlabelled: inputs to train on beside `examples`, as many a step as before.
  public mutating func renew(targets: Targets, examples: [Int], unlabelled: UnlabelledImages?) {
    Self.check(targets, for: inputs)
    self.targets = targets
    let imagesPerStep = order.imagesPerStep
    order = StepOrder(
      labelled: Self.without(heldOut, examples), unlabelled: unlabelled?.without(heldOut),
      batchSize: configuration.batchSize, inputCount: inputs.count,
      seed: configuration.shuffles ? seed : nil)
    require(order.imagesPerStep <= imagesPerStep, "Steps must not have more images than before.")
    epochsBefore += epoch
    renewals += 1
    stepsBefore = plan.stepCount
    (epoch, step, images) = (0, 0, 0)
    best = nil
    isStopped = false
  }

  /// Trains until there is something to report; nil at the end.
  public mutating func next() -> TrainingEvent? {
    while pending.isEmpty {
      if epoch == 0 || step == stepsPerEpoch {
        guard epoch < configuration.epochs, stepsPerEpoch > 0, !isStopped else { return nil }
        beginEpoch()
      }
      advance()
    }
    return pending.removeFirst()
  }

  private mutating func beginEpoch() {
    epoch += 1
    step = 0
    (epochSum, epochDenominator) = (0, 0)
    _ = sinceLog.take()
    order.beginEpoch(epochsBefore + epoch)
  }

  /// The images of a step as they are seen in it.
  private func batch(_ next: StepOrder.Step, epoch: Int, step: Int) -> Batch {
    let mixture = Mixture(configuration)
    guard mixture != nil || !configuration.augmentations.isEmpty else {
      return Batch(inputs: inputs, targets: targets, indices: next.images, weights: next.weights)
    }
    let source = RandomSource(seed: seed)
    let rows = next.images.enumerated().map { place, image in
      BatchRow(example: image, view: epoch, weight: next.weights?[place] ?? 1)
    }
    guard let mixture else {
      return Batch(inputs: inputs, targets: targets, rows: rows, random: source.stream("views"))
    }
    // A row whose partner has no target would have none itself.
    let groups = rows.map { targets.isIgnored($0.example) ? nil : order.group(of: $0.example) }
    return Batch(
      inputs: inputs, targets: targets,
      rows: mixture.mixed(
        rows, groups: groups, shape: inputs.inputShape, random: source, epoch: epoch, step: step),
      random: source.stream("views"))
  }

  private mutating func advance() {
    let time = Float(epochsBefore + epoch - 1) + Float(step) / Float(stepsPerEpoch)
    let (targets, loss) = (targets, plan.loss)
    let next = order.step(step, time: time) { targets.denominator(of: loss, example: $0) }
    plan.setLearningRate(by: configuration.schedule, at: position)
    let result = plan.step(batch(next, epoch: epochsBefore + epoch, step: step))
    let position = position
    lookahead?.follow(&plan, at: position)
    average?.follow(plan, at: position, roundStep: position.step - stepsBefore)
    step += 1
    images += next.images.count
    epochSum += result.sum
    epochDenominator += result.denominator
    // A batch without any weight has no mean.
    if result.denominator > 0 {
      sinceLog.add(result.loss)
      sinceProgress.add(result.loss)
    }

    if step % max(1, stepsPerEpoch / 100) == 0 || step == stepsPerEpoch {
      let (mean, count) = sinceProgress.take()
      pending.append(
        .progress(
          TrainingProgress(
            epoch: epoch, epochs: configuration.epochs, step: step, stepsPerEpoch: stepsPerEpoch, images: images,
            loss: mean, lossCount: count)))
    }
    if step % logEvery == 0 {
      pending.append(.loss(epoch: epoch, step: step, mean: sinceLog.take().mean))
    }
    if step == stepsPerEpoch {
      pending.append(.epochEnd(epoch: epoch, meanLoss: plan.loss.mean(sum: epochSum, denominator: epochDenominator)))
      validate()
    }
  }

  /// Tests the network on the images that are held out.
  private mutating func validate() {
    guard let heldOut, let settings = configuration.validation else { return }
    let weights = parameters
    let evaluation = heldOut.evaluation(of: plan.network, weights, inputs: plainInputs, team: team)
    let point = ValidationPoint(epoch: epoch, accuracy: evaluation.accuracy, loss: evaluation.loss)
    let isBest = best.map { point.isBetter(than: $0.point) } ?? true
    if isBest { best = (point, settings.keepsBest ? weights : nil) }
    if let patience = settings.patience, let best { isStopped = epoch - best.point.epoch >= patience }
    pending.append(.validation(point, isBest: isBest))
  }
}
