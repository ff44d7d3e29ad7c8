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
  /// What is made small where `loss` does not take an arm's labels; without it, such an arm ends the program.
  public let fallbackLoss: (any Loss)?
  /// What a teacher's logits are divided by.
  public let temperature: Float
  /// How many training images, from the first on, keep their labels; nil for all. `hard` and `smooth` train on those
  /// alone; `soft` trains on those and on the soft labels of the rest.
  public let labelledCount: Int?
  /// A class whose images no loss looks at, as far as their labels are known, and no test counts.
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
  ///   - fallbackLoss: what is made small where `loss` does not take an arm's labels.
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
    loss: any Loss = CrossEntropy(), fallbackLoss: (any Loss)? = nil, outputLayer: (any Layer)? = nil,
    smoothing: Float = 0.1,
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
    self.fallbackLoss = fallbackLoss
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
    let targets: Targets
    switch arm.labels {
    case .hard: targets = try hardTargets
    case .smooth:
      targets = loss(for: .smooth) is CrossEntropy ? try hardTargets : try hardTargets.smoothed(by: smoothing)
    case .soft: targets = try softTargets(from: distributions(seed: arm.seed, observe: observe))
    }
    let examples = arm.labels == .soft ? Array(0..<training.count) : Array(labelled)
    try observe(.start(arm, isTeacher: false, imageCount: examples.count))
    let outcome = try train(
      loss(for: arm.labels), seed: arm.seed, targets: targets, examples: examples, observe: observe)
    if arm.labels == .hard && isTeacherHardArm { teacher = (arm.seed, outcome.parameters) }
    try observe(.trained(arm, outcome.parameters))
    let evaluation = try Evaluation(of: model, parameters: outcome.parameters, on: test, team: team)
    try observe(.evaluation(evaluation))
    return Result(arm: arm, trainingLoss: outcome.loss, evaluation: evaluation, seconds: outcome.seconds)
  }

  /// The distributions that soft labels are made of, (training images, classCount).
  private mutating func distributions(seed: UInt64, observe: (Event) throws -> Void) throws -> [Float] {
    switch softLabels {
    case .dataset:
      guard let distributions = training.distributions else {
        fail("\(training.name) has no label distributions of its own.")
      }
      return distributions
    case .rows(let given): return given
    case .teacher(let parameters): return try teach(parameters)
    case .trainedTeacher:
      if let teacher, teacher.seed == seed { return try teach(teacher.parameters) }
      try observe(.start(Arm(labels: .hard, seed: seed), isTeacher: true, imageCount: labelled.count))
      let parameters = try train(
        teacherLoss, seed: seed, targets: try hardTargets, examples: Array(labelled), observe: observe
      ).parameters
      teacher = (seed, parameters)
      return try teach(parameters)
    }
  }

  private func teach(_ parameters: Parameters) throws -> [Float] {
    try PseudoLabels.distributions(
      of: model, parameters: parameters, on: training, temperature: temperature, team: team)
  }

  private func train(
    _ loss: any Loss, seed: UInt64, targets: Targets, examples: [Int], observe: (Event) throws -> Void
  ) throws -> (parameters: Parameters, loss: Double, seconds: Double) {
    var configuration = configuration
    configuration.seed = seed
    var run = try TrainingRun(
      model, inputs: inputs, targets: targets, examples: examples, loss: loss, configuration: configuration,
      parameters: initialParameters, team: team)
    var mean = Double.nan
    let start = ContinuousClock.now
    while let event = run.next() {
      if case .epochEnd(_, let epochMean) = event { mean = epochMean }
      try observe(.training(event))
    }
    let duration = start.duration(to: .now).components
    return (run.parameters, mean, Double(duration.seconds) + Double(duration.attoseconds) * 1e-18)
  }
}
