public import Martlet
public import MartletData
import Requirements

/// The same network on the same images under different labels, with everything else equal.
///
/// Under one seed, all label modes start from identical weights and see the images in the same order.
///
/// ```swift
/// var experiment = Experiment(
///   training: Shapes.make(.train, count: 80), test: Shapes.make(.test, count: 40), network: .tutorial,
///   configuration: TrainingConfiguration(), softLabels: .dataset, team: .single)
/// for labels in LabelMode.allCases {
///   let result = try experiment.run(Experiment.Arm(labels: labels, seed: 1)) { _ in }
///   print(labels, result.evaluation.accuracy)
/// }
/// ```
public struct Experiment: Sendable {
  /// Where the distributions of `soft` come from.
  public enum SoftLabelSource: Sendable {
    /// The data set's own.
    case dataset
    /// Given rows, (training images, classCount), such as those of a file.
    case rows([Float])
    /// The softmax of a teacher with these weights.
    case teacher(Parameters)
    /// The softmax of a teacher that is trained on the hard labels first, in the same way as the student.
    case trainedTeacher
  }

  /// What an arm is.
  public struct Arm: Sendable, Hashable {
    /// Its labels.
    public let labels: LabelMode
    /// Its seed.
    public let seed: UInt64

    /// An arm.
    public init(labels: LabelMode, seed: UInt64) {
      self.labels = labels
      self.seed = seed
    }
  }

  /// What came out of an arm.
  public struct Result: Sendable {
    /// The arm.
    public let arm: Arm
    /// The mean training loss over the last epoch; NaN after 0 epochs.
    public let trainingLoss: Double
    /// How well it does on the test images.
    public let evaluation: Evaluation
    /// The time that training took, without the teacher's.
    public let seconds: Double
  }

  /// What happens in an arm.
  public enum Event: Sendable {
    /// Training starts, of the arm itself or of its teacher.
    case start(Arm, isTeacher: Bool, imageCount: Int)
    /// Something about the training.
    case training(TrainingEvent)
    /// The arm's trained weights, before they are measured.
    case trained(Arm, Parameters)
    /// The trained network, measured on the test images.
    case evaluation(Evaluation)
  }

  /// Training images.
  public let training: Dataset
  /// Test images.
  public let test: Dataset
  /// The network.
  public let model: Sequential
  /// How it is trained; the seed is each arm's own.
  public let configuration: TrainingConfiguration
  /// ε of `smooth`.
  public let smoothing: Float
  /// Where the distributions of `soft` come from.
  public let softLabels: SoftLabelSource
  /// What is made small, on all labels alike.
  public let loss: any Loss
  /// What a teacher's logits are divided by.
  public let temperature: Float
  /// How many training images, from the first on, keep their labels; nil for all. `hard` and `smooth` train on those
  /// alone; `soft` trains on those and on the soft labels of the rest.
  public let labelledCount: Int?
  /// A class whose images no loss looks at, and no test counts.
  public let ignoreIndex: Int?
  /// Initial weights; nil draws them from each arm's seed.
  public let initialParameters: Parameters?
  private let team: ThreadTeam
  private let inputs: any InputSource
  /// Weights last trained on the hard labels: under one seed, the hard arm and the teacher are one and the same.
  private var teacher: (seed: UInt64, parameters: Parameters)?

  /// An experiment on two data sets with the same classes.
  ///
  /// - Parameters:
  ///   - training: the images to train on.
  ///   - test: the images to measure on.
  ///   - network: the network.
  ///   - configuration: how it is trained.
  ///   - loss: what is made small.
  ///   - outputLayer: what the network has behind its logits: a ``LogSoftmax`` for losses of log-probabilities.
  ///   - smoothing: ε of `smooth`.
  ///   - softLabels: where the distributions of `soft` come from.
  ///   - temperature: what a teacher's logits are divided by.
  ///   - labelledCount: how many training images keep their labels; nil for all.
  ///   - ignoreIndex: a class whose images no loss looks at, and no test counts.
  ///   - initialParameters: the initial weights; nil draws them from each arm's seed.
  ///   - team: the threads that share the work.
  public init(
    training: Dataset, test: Dataset, network: NetworkKind, configuration: TrainingConfiguration,
    loss: any Loss = CrossEntropy(), outputLayer: (any Layer)? = nil, smoothing: Float = 0.1,
    softLabels: SoftLabelSource, temperature: Float = 1, labelledCount: Int? = nil, ignoreIndex: Int? = nil,
    initialParameters: Parameters? = nil, team: ThreadTeam
  ) {
    require(training.imageShape == test.imageShape, "Training and test images must have one shape.")
    require(training.classCount == test.classCount, "Training and test images must have the same classes.")
    self.training = training
    self.test = ignoreIndex.map(test.without) ?? test
    let logits = network.model(inputShape: training.imageShape, classCount: training.classCount)
    model = outputLayer.map { Sequential(logits.parts + [$0]) } ?? logits
    self.configuration = configuration
    self.loss = loss
    self.ignoreIndex = ignoreIndex
    self.smoothing = smoothing
    self.softLabels = softLabels
    self.temperature = temperature
    self.labelledCount = labelledCount
    self.initialParameters = initialParameters
    self.team = team
    inputs = training.inputs()
  }

  /// Trains one arm and measures it.
  ///
  /// - Parameter observe: is told what happens, as it happens.
  public mutating func run(_ arm: Arm, observe: (Event) throws -> Void) throws -> Result {
    require(Self.accepts(arm.labels, loss), "\(type(of: loss)) does not take \(arm.labels) labels.")
    let labelled = Array(0..<min(training.count, labelledCount ?? training.count))
    let targets: Targets
    switch arm.labels {
    case .hard: targets = try hardTargets
    case .smooth: targets = smoothsTargets ? try hardTargets.smoothed(by: smoothing) : try hardTargets
    case .soft: targets = try softTargets(seed: arm.seed, labelled: labelled, observe: observe)
    }
    let examples = arm.labels == .soft ? Array(0..<training.count) : labelled
    try observe(.start(arm, isTeacher: false, imageCount: examples.count))
    let outcome = try train(arm.labels, seed: arm.seed, targets: targets, examples: examples, observe: observe)
    if arm.labels == .hard { teacher = (arm.seed, outcome.parameters) }
    try observe(.trained(arm, outcome.parameters))
    let evaluation = try Evaluation(of: model, parameters: outcome.parameters, on: test, team: team)
    try observe(.evaluation(evaluation))
    return Result(arm: arm, trainingLoss: outcome.loss, evaluation: evaluation, seconds: outcome.seconds)
  }

  /// Whether `smooth` smooths the targets. Cross-entropy does it by itself, with the denominators that PyTorch has then.
  private var smoothsTargets: Bool { !(loss is CrossEntropy) }

  /// Whether the loss takes the targets of an arm with these labels.
  public static func accepts(_ labels: LabelMode, _ loss: any Loss) -> Bool {
    let accepted = loss.acceptedTargets
    return switch labels {
    case .hard: accepted.contains(.classIndices)
    case .smooth: accepted.contains(.classIndices) || accepted.contains(.probabilities)
    case .soft: accepted.contains(.probabilities) || accepted.contains(.labelledProbabilities)
    }
  }

  /// The loss of an arm, or of a teacher: one whose loss needs a teacher itself is trained with cross-entropy.
  private func loss(for labels: LabelMode) -> any Loss {
    if labels == .hard && !Self.accepts(.hard, loss) { return CrossEntropy() }
    guard labels == .smooth, let crossEntropy = loss as? CrossEntropy else { return loss }
    return crossEntropy.smoothed(by: smoothing)
  }

  /// The labels, without those of the class to ignore.
  private var hardTargets: Targets {
    get throws { try ignoring(training.hardTargets) }
  }

  private func ignoring(_ targets: Targets) -> Targets {
    guard let ignoreIndex else { return targets }
    return targets.ignoring(training.labels.indices.filter { Int(training.labels[$0]) == ignoreIndex })
  }

  /// One distribution an image: the true label of the labelled ones, where only some are, and soft labels else.
  private mutating func softTargets(
    seed: UInt64, labelled: [Int], observe: (Event) throws -> Void
  ) throws -> Targets {
    var rows: [Float]
    switch softLabels {
    case .dataset:
      guard let distributions = training.distributions else {
        fail("\(training.name) has no label distributions of its own.")
      }
      rows = distributions
    case .rows(let given):
      rows = given
    case .teacher(let parameters):
      rows = try teach(parameters)
    case .trainedTeacher:
      if let teacher, teacher.seed == seed {
        rows = try teach(teacher.parameters)
      } else {
        let arm = Arm(labels: .hard, seed: seed)
        try observe(.start(arm, isTeacher: true, imageCount: labelled.count))
        let parameters = try train(
          .hard, seed: seed, targets: try hardTargets, examples: labelled, observe: observe
        ).parameters
        teacher = (seed, parameters)
        rows = try teach(parameters)
      }
    }
    let classCount = training.classCount
    if labelledCount != nil {
      for index in labelled {
        for column in 0..<classCount {
          rows[index * classCount + column] = column == Int(training.labels[index]) ? 1 : 0
        }
      }
    }
    if loss.acceptedTargets.contains(.labelledProbabilities) {
      return ignoring(try .labelledProbabilities(training.labels.map(Int.init), rows, classCount: classCount))
    }
    // Rows were checked where they came from; a file's may be unnormalised on request.
    return ignoring(try .probabilities(rows, classCount: classCount, allowsUnnormalizedRows: true))
  }

  private func teach(_ parameters: Parameters) throws -> [Float] {
    try PseudoLabels.distributions(
      of: model, parameters: parameters, on: training, temperature: temperature, team: team)
  }

  private func train(
    _ labels: LabelMode, seed: UInt64, targets: Targets, examples: [Int], observe: (Event) throws -> Void
  ) throws -> (parameters: Parameters, loss: Double, seconds: Double) {
    var configuration = configuration
    configuration.seed = seed
    var run = try TrainingRun(
      model, inputs: inputs, targets: targets, examples: examples, loss: loss(for: labels),
      configuration: configuration,
      parameters: initialParameters, team: team)
    var loss = Double.nan
    let start = ContinuousClock.now
    while let event = run.next() {
      if case .epochEnd(_, let mean) = event { loss = mean }
      try observe(.training(event))
    }
    let duration = start.duration(to: .now).components
    return (run.parameters, loss, Double(duration.seconds) + Double(duration.attoseconds) * 1e-18)
  }
}
