import MartletData

/// What came out of a trial.
public struct TrialResult: Sendable {
  /// The trial.
  public let trial: Trial
  /// The mean training loss over the last epoch; NaN after 0 epochs.
  public let trainingLoss: Double
  /// The learning curve; empty if none was asked for.
  public let curve: [CurvePoint]
  /// What the network answered to each test image, (test images, classCount): the mean over all views that it was shown.
  public let logits: [Float]
  /// How well it does on the test images.
  public let evaluation: Evaluation
  /// What the training cost.
  public let cost: TrialCost
  /// How good the pseudo-labels were that it learnt from, if it did.
  public let pseudoLabels: PseudoLabelQuality?
  /// In which views the network was shown each test image.
  public let testTimeAugmentation: TestTimeAugmentation
  /// The accuracy on the test images as they are, where the network was shown other views as well; nil where it was not.
  public let plainAccuracy: Double?
  /// How the network did on the images that were held out for validation, if there were any: with the weights that were tested.
  public let validation: ValidationPoint?

  /// A result put together from its parts, such as those that were stored.
  public init(
    trial: Trial, trainingLoss: Double, curve: [CurvePoint], logits: [Float], evaluation: Evaluation, cost: TrialCost,
    pseudoLabels: PseudoLabelQuality?, testTimeAugmentation: TestTimeAugmentation = .none, plainAccuracy: Double? = nil,
    validation: ValidationPoint? = nil
  ) {
    self.trial = trial
    self.trainingLoss = trainingLoss
    self.curve = curve
    self.logits = logits
    self.evaluation = evaluation
    self.cost = cost
    self.pseudoLabels = pseudoLabels
    self.testTimeAugmentation = testTimeAugmentation
    self.plainAccuracy = plainAccuracy
    self.validation = validation
  }
}

extension TrialResult {
  /// Tests what came out of a training.
  init(_ recipe: Recipe, _ trained: Classifier, outcome: TrialOutcome, session: TrialSession) {
    let training = outcome.training
    let (test, views) = (session.test, recipe.testTimeAugmentation)
    let logits = trained.logits(for: test, views: views, team: session.team)
    self.init(
      trial: session.trial, trainingLoss: training.loss, curve: training.curve, logits: logits,
      evaluation: Evaluation(logits: logits, on: test),
      cost: TrialCost(
        seconds: training.seconds, teacherSeconds: outcome.teacherSeconds, images: training.progress.images,
        planBytes: training.memory, peakBytes: peakMemory()),
      pseudoLabels: outcome.pseudoLabels, testTimeAugmentation: views,
      plainAccuracy: views == .none ? nil : Evaluation(of: trained, on: test, team: session.team).accuracy,
      validation: training.validation)
  }
}
