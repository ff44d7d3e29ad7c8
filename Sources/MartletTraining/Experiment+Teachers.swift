import Martlet
import Requirements

/// Whose opinion soft labels are.
extension Experiment {
  /// The loss of a teacher. A teacher's distribution is the softmax of its outputs, so its loss must be one that trains that.
  var teacherLoss: any Loss {
    switch loss {
    case is BinaryCrossEntropyWithLogits: CrossEntropy()
    case let squares as MeanSquaredError where !squares.appliesSoftmax: CrossEntropy()
    default: Self.accepts(.hard, loss) ? loss : fallbackLoss ?? CrossEntropy()
    }
  }

  /// Whether the hard arm is trained as a teacher is, so that the two are one network.
  var isTeacherHardArm: Bool { type(of: teacherLoss) == type(of: loss(for: .hard)) }

  /// All that a teacher depends on.
  ///
  /// - Parameter fold: the part of the labelled images that it does not see; nil if it sees all.
  func teacherKey(seed: UInt64, fold: Int?) -> TeacherKey {
    var configuration = configuration
    configuration.seed = seed
    configuration.epochs = labels.teacherEpochs ?? configuration.epochs
    let foldCount = if fold != nil, case .trainedTeacher(let folds) = labels.soft { folds } else { 1 }
    return TeacherKey(
      settings: TeacherKey.Settings(
        configuration: configuration, network: network, labelled: labels.labelled, ignoreIndex: labels.ignoreIndex,
        fold: fold, foldCount: foldCount, imageShape: training.imageShape, classCount: training.classCount),
      loss: teacherLoss, outputLayer: outputLayer, pixels: training.pixels, labels: training.labels,
      initialParameters: initialParameters)
  }

  /// The distributions that soft labels are made of, (training images, classCount), and the time that their teachers took.
  func distributions(
    _ session: TrialSession, _ teachers: TeacherCache?, _ observe: (TrialEvent) throws -> Void
  ) throws -> (rows: [Float], teacherSeconds: Double) {
    switch labels.soft {
    case .dataset:
      guard let distributions = training.distributions else {
        fail("\(training.name) has no label distributions of its own.")
      }
      return (distributions, 0)
    case .rows(let given): return (given, 0)
    case .teacher(let parameters): return (try opinion(of: parameters, session.team), 0)
    case .trainedTeacher(let folds):
      guard folds > 1 else {
        let teacher = try trainedTeacher(session.labelled, fold: nil, session, teachers, observe)
        return (try opinion(of: teacher.parameters, session.team), teacher.seconds)
      }
      return try foldedOpinions(folds, session, teachers, observe)
    }
  }

  /// What `parameters` make of each training image, (training images, classCount).
  func opinion(of parameters: Parameters, _ team: ThreadTeam) throws -> [Float] {
    try PseudoLabels.distributions(
      of: model, parameters: parameters, on: training, temperature: labels.temperature, team: team)
  }

  /// Sees to it that an opinion is one: a network whose weights are no numbers has none.
  func checkFinite(_ opinion: [Float], _ trial: Trial) throws {
    guard opinion.allSatisfy(\.isFinite) else { throw TeacherError(trial: trial) }
  }

  private func trainedTeacher(
    _ examples: [Int], fold: Int?, _ session: TrialSession, _ teachers: TeacherCache?,
    _ observe: (TrialEvent) throws -> Void
  ) throws -> TrainingOutcome {
    var session = session
    session.curvePoints = 0
    func trained() throws -> TrainingOutcome {
      try observe(.start(session.trial, isTeacher: true, imageCount: examples.count))
      return try train(
        teacherLoss, Lesson(targets: try hardTargets(session.labelled), examples: examples),
        epochs: labels.teacherEpochs, session: session, isTeacher: true, observe: observe)
    }
    guard let teachers else { return try trained() }
    return try teachers.teacher(teacherKey(seed: session.trial.seed, fold: fold), train: trained)
  }

  /// Each labelled image's distribution from the teacher that has not seen it, and all others' from all teachers.
  private func foldedOpinions(
    _ folds: Int, _ session: TrialSession, _ teachers: TeacherCache?, _ observe: (TrialEvent) throws -> Void
  ) throws -> (rows: [Float], teacherSeconds: Double) {
    let (labelled, classCount) = (session.labelled, training.classCount)
    require(folds <= labelled.count, "\(labelled.count) labelled images cannot be cut into \(folds) parts.")
    let order = RandomSource(seed: session.trial.seed).stream("folds").permutation(of: labelled.count)
    // The part of each image; -1 where no teacher has seen it.
    var parts = Array(repeating: -1, count: training.count)
    for (place, index) in order.enumerated() { parts[labelled[index]] = place % folds }
    var rows = Array(repeating: Float(0), count: training.count * classCount)
    var seconds = 0.0
    for fold in 0..<folds {
      let teacher = try trainedTeacher(
        labelled.filter { parts[$0] != fold }, fold: fold, session, teachers, observe)
      seconds += teacher.seconds
      let opinions = try opinion(of: teacher.parameters, session.team)
      for (image, part) in parts.enumerated() where part == fold || part == -1 {
        for place in image * classCount..<(image + 1) * classCount {
          rows[place] += part == fold ? opinions[place] : opinions[place] / Float(folds)
        }
      }
    }
    return (rows, seconds)
  }
}
