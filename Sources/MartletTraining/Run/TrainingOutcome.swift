import Martlet

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
  /// How these weights do on the images that are held out.
  var validation: ValidationPoint?
  /// When the curve's next point is due.
  var clock: CurveClock?

  init(parameters: Parameters) { self.parameters = parameters }
}

/// What came out of a trial before it was measured.
struct TrialOutcome: Sendable {
  var training: TrainingOutcome
  var teacherSeconds = 0.0
  var pseudoLabels: PseudoLabelQuality?
}
