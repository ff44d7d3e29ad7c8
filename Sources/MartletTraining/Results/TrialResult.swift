import MartletData

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
