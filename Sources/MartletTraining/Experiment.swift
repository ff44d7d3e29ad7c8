public import Martlet
public import MartletData
import Requirements

/// The same network on the same images under different labels, with everything else equal.
///
/// Under one seed, all label modes start from identical weights and see the images in the same order.
///
/// ```swift
/// let experiment = Experiment(
///   training: Shapes.make(.train, count: 80), test: Shapes.make(.test, count: 40), network: .tutorial,
///   labels: LabelSettings(soft: .dataset))
/// for labels in LabelMode.allCases {
///   let result = try experiment.run(Trial(labels: labels, seed: 1)) { _ in }
///   print(labels, result.evaluation.accuracy)
/// }
/// ```
public struct Experiment: Sendable {
  /// Training images.
  public let training: Dataset
  /// Test images.
  public let test: Dataset
  /// The network.
  public let model: Sequential
  /// How it is trained; the seed is each trial's own.
  public let configuration: TrainingConfiguration
  /// Where the labels come from.
  public let labels: LabelSettings
  /// What is made small, on all labels alike.
  public let loss: any Loss
  /// What is made small where `loss` does not take a trial's labels; without it, such a trial ends the program.
  public let fallbackLoss: (any Loss)?
  /// Initial weights; nil draws them from each trial's seed.
  public let initialParameters: Parameters?
  private let inputs: any InputSource
  /// What tells the model from others.
  let network: NetworkKind
  let outputLayer: (any Layer)?

  /// An experiment on two data sets with the same classes.
  ///
  /// - Parameters:
  ///   - training: the images to train on.
  ///   - test: the images to measure on.
  ///   - network: the network.
  ///   - configuration: how it is trained.
  ///   - loss: what is made small.
  ///   - fallbackLoss: what is made small where `loss` does not take a trial's labels.
  ///   - outputLayer: what the network has behind its logits: a ``LogSoftmax`` for losses of log-probabilities.
  ///   - labels: where the labels come from.
  ///   - initialParameters: the initial weights; nil draws them from each trial's seed.
  public init(
    training: Dataset, test: Dataset, network: NetworkKind, configuration: TrainingConfiguration = .init(),
    loss: any Loss = CrossEntropy(), fallbackLoss: (any Loss)? = nil, outputLayer: (any Layer)? = nil,
    labels: LabelSettings, initialParameters: Parameters? = nil
  ) {
    require(training.imageShape == test.imageShape, "Training and test images must have one shape.")
    require(training.classCount == test.classCount, "Training and test images must have the same classes.")
    self.training = training
    self.test = labels.ignoreIndex.map(test.without) ?? test
    let logits = network.model(inputShape: training.imageShape, classCount: training.classCount)
    model = outputLayer.map { Sequential(logits.parts + [$0]) } ?? logits
    self.network = network
    self.outputLayer = outputLayer
    self.configuration = configuration
    self.loss = loss
    self.fallbackLoss = fallbackLoss
    self.labels = labels
    self.initialParameters = initialParameters
    inputs = training.inputs()
  }

  /// The threads that a step of this experiment can feed.
  public var usefulThreadCount: Int {
    get throws {
      try TrainingPlan.usefulThreadCount(
        of: Network(model, inputShape: training.imageShape),
        batchSize: configuration.batchSize + (labels.pseudoLabelling.unlabelledBatchSize ?? 0))
    }
  }

  /// Trains and measures one trial.
  ///
  /// - Parameters:
  ///   - trial: which labels, and which seed.
  ///   - team: the threads that share the work.
  ///   - teachers: the teachers trained so far, which other trials on the same images have in common with this one.
  ///   - curvePoints: how often a training is tested for the learning curve, evenly, after a first time at its start; 0 for no curve.
  ///   - shouldStop: asked some hundred times an epoch; once it says so, training ends after the step.
  ///   - observe: is told what happens, as it happens. What it throws ends the trial.
  /// - Throws: ``TrainingStopped`` with the weights as they are, if it should stop.
  public func run(
    _ trial: Trial, team: ThreadTeam = .single, teachers: TeacherCache? = nil, curvePoints: Int = 0,
    shouldStop: @escaping () -> Bool = { false }, observe: (TrialEvent) throws -> Void
  ) throws -> TrialResult {
    let session = TrialSession(
      trial: trial, labelled: labels.labelled.positions(in: training, seed: trial.seed), team: team,
      curvePoints: curvePoints, shouldStop: shouldStop)
    let outcome: TrialOutcome
    switch trial.labels {
    case .hard:
      let targets = try hardTargets(session.labelled)
      if let teachers, isTeacherHardArm && labels.teacherEpochs == nil {
        // The hard arm is the teacher of the soft one: whoever needs it meanwhile waits for it.
        outcome = try teachers.renew(teacherKey(seed: trial.seed, fold: nil)) {
          try runOnLabels(targets, session, observe)
        }
      } else {
        outcome = try runOnLabels(targets, session, observe)
      }
    case .smooth:
      let targets = try hardTargets(session.labelled)
      let isSmoothedByLoss = loss(for: .smooth) is CrossEntropy
      outcome = try runOnLabels(isSmoothedByLoss ? targets : targets.smoothed(by: labels.smoothing), session, observe)
    case .soft: outcome = try runOnSoftLabels(session, teachers, observe)
    }
    try observe(.trained(trial, outcome.training.parameters))
    let logits = try Predictions.logits(of: model, parameters: outcome.training.parameters, on: test, team: team)
    let result = TrialResult(trial: trial, outcome: outcome, logits: logits, test: test)
    try observe(.result(result))
    return result
  }

  /// Trains on the labels alone.
  private func runOnLabels(
    _ targets: Targets, _ session: TrialSession, _ observe: (TrialEvent) throws -> Void
  ) throws -> TrialOutcome {
    try observe(.start(session.trial, isTeacher: false, imageCount: session.labelled.count))
    let lesson = Lesson(targets: targets, examples: session.labelled)
    let training = try train(loss(for: session.trial.labels), lesson, session: session, observe: observe)
    return TrialOutcome(training: training)
  }

  /// Trains on soft labels, round by round.
  private func runOnSoftLabels(
    _ session: TrialSession, _ teachers: TeacherCache?, _ observe: (TrialEvent) throws -> Void
  ) throws -> TrialOutcome {
    let settings = labels.pseudoLabelling
    let kept = labels.labelled.count == nil ? [] : session.labelled
    var quality: PseudoLabelQuality?
    var round = 0

    /// What the next student learns, out of an opinion on all training images.
    func lesson(_ opinion: [Float]) throws -> Lesson {
      round += 1
      if case .rows = labels.soft, round == 1 {} else { try checkFinite(opinion, session.trial) }
      let unlabelled = unlabelledImages(opinion, kept: kept)
      quality = pseudoLabelQuality(opinion, unlabelled)
      let rows =
        settings.kind == .hard ? PseudoLabels.hardened(opinion, classCount: training.classCount) : opinion
      try observe(.softLabels(session.trial, round: round, rows: rows))
      try observe(.start(session.trial, isTeacher: false, imageCount: training.count))
      return Lesson(targets: try softTargets(from: rows, kept: kept), examples: kept, unlabelled: unlabelled)
    }
    /// What comes after a student: a lesson from its own opinion, until all rounds are over.
    func next(_ student: TrainingOutcome) throws -> Lesson? {
      round < settings.rounds ? try lesson(self.opinion(of: student.parameters, session.team)) : nil
    }

    let (opinion, teacherSeconds) = try distributions(session, teachers, observe)
    var student: TrainingOutcome?
    var current: Lesson? = try lesson(opinion)
    while let lesson = current {
      student = try train(
        loss(for: .soft), lesson, session: session, after: student, next: settings.keepsWeights ? next : { _ in nil },
        observe: observe)
      current = try student.flatMap(next)
    }
    guard let student else { fail("There is at least one round.") }
    return TrialOutcome(training: student, teacherSeconds: teacherSeconds, pseudoLabels: quality)
  }

  /// Trains the network from its initial weights.
  ///
  /// - Parameters:
  ///   - previous: what was trained before, whose time and curve go on.
  ///   - next: is asked when the epochs are over: the same network goes on with another lesson, until there is none.
  func train(
    _ loss: any Loss, _ lesson: Lesson, epochs: Int? = nil, session: TrialSession, isTeacher: Bool = false,
    after previous: TrainingOutcome? = nil, next: (TrainingOutcome) throws -> Lesson? = { _ in nil },
    observe: (TrialEvent) throws -> Void
  ) throws -> TrainingOutcome {
    var configuration = configuration
    configuration.seed = session.trial.seed
    configuration.epochs = epochs ?? configuration.epochs
    var run = try TrainingRun(
      model, inputs: inputs, targets: lesson.targets, examples: lesson.examples, unlabelled: lesson.unlabelled,
      loss: loss, configuration: configuration, parameters: initialParameters, team: session.team)
    var outcome = previous ?? TrainingOutcome(parameters: run.parameters)
    outcome.memory = max(outcome.memory, run.memorySize)
    if session.curvePoints > 0 && outcome.clock == nil {
      let rounds = session.trial.labels == .soft ? labels.pseudoLabelling.rounds : 1
      outcome.clock = CurveClock(
        points: session.curvePoints, steps: configuration.epochs * run.stepsPerEpoch * rounds)
      try addPoint(to: &outcome, loss: .nan, run.parameters, session, observe)
    }
    var current: Lesson? = lesson
    while current != nil {
      let before = outcome.progress
      var clock = ContinuousClock.now
      while let event = run.next() {
        outcome.seconds += clock.duration(to: .now).inSeconds
        switch event {
        case .epochEnd(_, let mean): outcome.loss = mean
        case .progress(let progress):
          outcome.progress = before.advanced(to: progress)
          if let loss = outcome.clock?.loss(stepsMade: outcome.progress.steps, progress) {
            try addPoint(to: &outcome, loss: loss, run.parameters, session, observe)
          }
        case .loss: break
        }
        try observe(.training(event))
        if case .progress(let progress) = event, progress.fraction < 1, session.shouldStop() {
          throw TrainingStopped(
            trial: session.trial, isTeacher: isTeacher, epochs: outcome.progress.epochs, parameters: run.parameters)
        }
        clock = .now
      }
      outcome.parameters = run.parameters
      current = try next(outcome)
      if let current { run.renew(targets: current.targets, examples: current.examples, unlabelled: current.unlabelled) }
    }
    return outcome
  }

  /// Tests the network as it is now.
  private func addPoint(
    to outcome: inout TrainingOutcome, loss: Double, _ parameters: Parameters, _ session: TrialSession,
    _ observe: (TrialEvent) throws -> Void
  ) throws {
    let evaluation = try Evaluation(of: model, parameters: parameters, on: test, team: session.team)
    let point = CurvePoint(
      epoch: outcome.progress.epochs, step: outcome.progress.steps, images: outcome.progress.images, trainingLoss: loss,
      testLoss: evaluation.loss, testAccuracy: evaluation.accuracy, seconds: outcome.seconds)
    outcome.curve.append(point)
    try observe(.point(session.trial, point))
  }
}

/// What a network is to learn: targets for all training images, and which of these it is trained on.
struct Lesson {
  let targets: Targets
  let examples: [Int]
  var unlabelled: UnlabelledImages?
}
