import Foundation
public import Martlet
import MartletData

/// One training within a comparison: an arm under one seed.
public struct Trial: Sendable, Hashable, Codable {
  /// What the arm is called; by default as its labels are.
  public let arm: String
  /// Its labels.
  public let labels: LabelMode
  /// The seed of the initial weights, of the batch order, and of which images keep their labels.
  public let seed: UInt64

  /// A trial.
  public init(_ arm: String? = nil, labels: LabelMode, seed: UInt64) {
    self.arm = arm ?? labels.rawValue
    self.labels = labels
    self.seed = seed
  }
}

/// What happens in a trial.
public enum TrialEvent: Sendable {
  /// Training starts, of the network itself or of its teacher.
  case start(Trial, isTeacher: Bool, imageCount: Int)
  /// Something about the training.
  case training(TrainingEvent)
  /// The soft labels of a round, (training images, classCount), after hardening.
  case softLabels(Trial, round: Int, rows: [Float])
  /// A point of the learning curve.
  case point(Trial, CurvePoint)
  /// The trained weights, before they are measured.
  case trained(Trial, Parameters)
  /// What came out.
  case result(TrialResult)
}

/// What came out of a trial.
public struct TrialResult: Sendable {
  /// The trial.
  public let trial: Trial
  /// The mean training loss over the last epoch; NaN after 0 epochs.
  public let trainingLoss: Double
  /// The learning curve; empty if none was asked for.
  public let curve: [CurvePoint]
  /// What the network answered to each test image, (test images, classCount).
  public let logits: [Float]
  /// How well it does on the test images.
  public let evaluation: Evaluation
  /// What the training cost.
  public let cost: TrialCost
  /// How good the pseudo-labels were that it learnt from, if it did.
  public let pseudoLabels: PseudoLabelQuality?

  /// A result put together from its parts, such as those that were stored.
  public init(
    trial: Trial, trainingLoss: Double, curve: [CurvePoint], logits: [Float], evaluation: Evaluation, cost: TrialCost,
    pseudoLabels: PseudoLabelQuality?
  ) {
    self.trial = trial
    self.trainingLoss = trainingLoss
    self.curve = curve
    self.logits = logits
    self.evaluation = evaluation
    self.cost = cost
    self.pseudoLabels = pseudoLabels
  }
}

/// What a trial's training cost.
public struct TrialCost: Sendable, Hashable, Codable {
  /// The time in training steps, without that of teachers, of loading and of tests.
  public let seconds: Double
  /// The time in training steps of the teachers, also where another trial had them trained.
  public let teacherSeconds: Double
  /// The images that the steps took, each as often as it was taken.
  public let images: Int
  /// The memory of the training plan, in bytes: weights, optimizer, activations and gradients. Data sets come on top.
  public let planBytes: Int
  /// The most memory that the program had used when the trial ended, in bytes: all trials so far, and data sets.
  public let peakBytes: Int

  /// Training speed in images a second.
  public var imagesPerSecond: Double { Double(images) / seconds }

  /// A cost.
  public init(seconds: Double, teacherSeconds: Double, images: Int, planBytes: Int, peakBytes: Int) {
    self.seconds = seconds
    self.teacherSeconds = teacherSeconds
    self.images = images
    self.planBytes = planBytes
    self.peakBytes = peakBytes
  }
}

/// What all trainings of a trial have in common.
struct TrialSession {
  let trial: Trial
  /// The training images that keep their labels.
  let labelled: [Int]
  let team: ThreadTeam
  var curvePoints: Int
  let shouldStop: () -> Bool
}

/// Training that was ended before its time.
public struct TrainingStopped: Error {
  /// What was trained.
  public let trial: Trial
  /// Whether it was a teacher of the trial.
  public let isTeacher: Bool
  /// How far training had come, in epochs.
  public let epochs: Double
  /// The weights as they were then.
  public let parameters: Parameters
}

/// What came out of training a network, over all rounds so far.
struct TrainingOutcome: Sendable {
  /// How far training has come.
  struct Progress: Sendable {
    var epochs = 0.0
    var steps = 0
    var images = 0

    /// Where training is that started here.
    func advanced(to progress: TrainingProgress) -> Progress {
      Progress(
        epochs: epochs + progress.fraction * Double(progress.epochs),
        steps: steps + (progress.epoch - 1) * progress.stepsPerEpoch + progress.step, images: images + progress.images)
    }
  }

  var parameters: Parameters
  /// The mean loss over the last epoch.
  var loss = Double.nan
  var seconds = 0.0
  var progress = Progress()
  /// The bytes of the training plan.
  var memory = 0
  var curve: [CurvePoint] = []

  init(parameters: Parameters) { self.parameters = parameters }
}

/// What came out of a trial before it was measured.
struct TrialOutcome: Sendable {
  var training: TrainingOutcome
  var teacherSeconds = 0.0
  var pseudoLabels: PseudoLabelQuality?
}

extension TrialResult {
  init(trial: Trial, outcome: TrialOutcome, logits: [Float], test: Dataset) {
    let training = outcome.training
    self.init(
      trial: trial, trainingLoss: training.loss, curve: training.curve, logits: logits,
      evaluation: Evaluation(logits: logits, on: test),
      cost: TrialCost(
        seconds: training.seconds, teacherSeconds: outcome.teacherSeconds, images: training.progress.images,
        planBytes: training.memory, peakBytes: peakMemory()),
      pseudoLabels: outcome.pseudoLabels)
  }
}

/// The most memory that this program has used so far, in bytes.
private func peakMemory() -> Int {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  #endif
}

extension Duration {
  /// This time in seconds.
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
