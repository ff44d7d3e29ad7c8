import Martlet
import MartletData
import Requirements

/// The training of one recipe within a trial: of the trial's own recipe, or of a teacher's.
struct RecipeTraining {
  let recipe: Recipe
  let session: TrialSession
  let isTeacher: Bool
  let lessons: Lessons
  private let inputs: any InputSource

  init(_ recipe: Recipe, _ session: TrialSession, isTeacher: Bool = false) {
    self.recipe = recipe
    self.session = session
    self.isTeacher = isTeacher
    lessons = Lessons(recipe, session.training, seed: session.trial.seed)
    inputs = session.training.inputs(normalization: recipe.normalization)
  }

  /// Trains the network.
  ///
  /// - Parameter examples: the labelled images to train on; nil for all of them. Soft labels are always for all images.
  func outcome(examples: [Int]? = nil) throws -> TrialOutcome {
    switch recipe.labels.source {
    case .hard: try learn(lessons.hardTargets(), examples)
    case .smoothed(let smoothing): try learn(lessons.hardTargets().smoothed(by: smoothing), examples)
    case .dataset, .rows, .teacher, .trainedTeacher: try learnSoftLabels()
    }
  }

  /// Trains on the labels alone.
  private func learn(_ targets: Targets, _ examples: [Int]?) throws -> TrialOutcome {
    let examples = examples ?? lessons.labelled
    let heldOut = Set(lessons.validation?.examples ?? [])
    try announce(imageCount: examples.count { !heldOut.contains($0) })
    return TrialOutcome(training: try train(Lesson(targets: targets, examples: examples)))
  }

  /// Trains on soft labels, round by round.
  private func learnSoftLabels() throws -> TrialOutcome {
    let settings = recipe.labels.pseudoLabelling
    var quality: PseudoLabelQuality?
    var round = 0

    /// What the next student learns, out of a distribution for each training image.
    func lesson(_ predicted: [Float]) throws -> Lesson {
      round += 1
      if case .rows = recipe.labels.source, round == 1 {} else { try checkFinite(predicted) }
      let (lesson, rows, found) = try lessons.softLesson(predicted)
      quality = found
      if !isTeacher { try session.observe(.softLabels(session.trial, round: round, rows: rows)) }
      try announce(imageCount: session.training.count - (lessons.validation?.examples.count ?? 0))
      return lesson
    }
    /// What comes after a student: a lesson from what it predicts, until all rounds are over.
    func next(_ student: TrainingOutcome) throws -> Lesson? {
      round < settings.rounds ? try lesson(predictions(of: recipe.classifier(student.parameters))) : nil
    }

    let (rows, teacherSeconds) = try distributions()
    var student: TrainingOutcome?
    var current: Lesson? = try lesson(rows)
    while let lesson = current {
      student = try train(lesson, after: student, next: settings.keepsWeights ? next : { _ in nil })
      current = try student.flatMap(next)
    }
    guard let student else { fail("There is at least one round.") }
    return TrialOutcome(training: student, teacherSeconds: teacherSeconds, pseudoLabels: quality)
  }

  private func announce(imageCount: Int) throws {
    try session.observe(.start(session.trial, isTeacher: isTeacher, imageCount: imageCount))
  }

  /// Trains the network from its initial weights.
  ///
  /// - Parameters:
  ///   - previous: what was trained before, whose time and curve go on.
  ///   - next: is called when the epochs are over: the same network goes on with another lesson, until there is none.
  private func train(
    _ lesson: Lesson, after previous: TrainingOutcome? = nil, next: (TrainingOutcome) throws -> Lesson? = { _ in nil }
  ) throws -> TrainingOutcome {
    var run = TrainingRun(
      recipe.network, inputs: inputs, targets: lesson.targets, examples: lesson.examples,
      unlabelled: lesson.unlabelled, validation: lessons.validation, loss: recipe.loss,
      configuration: recipe.configuration,
      rounds: recipe.labels.pseudoLabelling.keepsWeights ? recipe.labels.rounds : 1, seed: session.trial.seed,
      parameters: try recipe.firstParameters(seed: session.trial.seed, images: inputs), logEvery: session.logEvery,
      team: session.team)
    var outcome = previous ?? TrainingOutcome(parameters: run.parameters)
    outcome.memory = max(outcome.memory, run.memorySize)
    if session.curvePoints > 0 && !isTeacher && outcome.clock == nil {
      outcome.clock = CurveClock(
        points: session.curvePoints, steps: recipe.configuration.epochs * run.stepsPerEpoch * recipe.labels.rounds)
      try addPoint(to: &outcome, loss: .nan, run.parameters)
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
            try addPoint(to: &outcome, loss: loss, run.parameters)
          }
        case .validation(let point, let isBest):
          if isBest || recipe.configuration.validation?.keepsBest == false { outcome.validation = point }
        case .loss: break
        }
        try session.observe(.training(event))
        if case .progress(let progress) = event, progress.fraction < 1, session.shouldStop() {
          throw TrainingStopped(
            trial: session.trial, isTeacher: isTeacher, epochs: outcome.progress.epochs, parameters: run.parameters)
        }
        clock = .now
      }
      outcome.parameters = run.bestParameters ?? run.parameters
      current = try next(outcome)
      if let current { run.renew(targets: current.targets, examples: current.examples, unlabelled: current.unlabelled) }
    }
    return outcome
  }

  /// Tests the network as it is now.
  private func addPoint(to outcome: inout TrainingOutcome, loss: Double, _ parameters: Parameters) throws {
    let evaluation = Evaluation(of: recipe.classifier(parameters), on: session.test, team: session.team)
    let point = CurvePoint(
      epoch: outcome.progress.epochs, step: outcome.progress.steps, images: outcome.progress.images, trainingLoss: loss,
      testLoss: evaluation.loss, testAccuracy: evaluation.accuracy, seconds: outcome.seconds)
    outcome.curve.append(point)
    try session.observe(.point(session.trial, point))
  }
}
