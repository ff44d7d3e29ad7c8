import MartletTraining

/// Says that a training loss is NaN: the table shows it, and does not say why.
///
/// - Parameter labels: the kind of the trial's labels.
func warnOfNaN(_ result: TrialResult, labels: LabelMode) {
  guard result.trainingLoss.isNaN else { return }
  let name = result.trial.recipe
  standardError(
    "Warning: the training loss of \(name)\(name == labels.rawValue ? " labels" : ""), seed \(result.trial.seed), is NaN. "
      + "Training diverged (a smaller --learning-rate may help), a label has no logarithm, or no image has a label that counts."
  )
}
