import MartletTraining

/// Says that a training loss is no number: the table shows it, and does not say why.
func warnOfNaN(_ result: TrialResult) {
  guard result.trainingLoss.isNaN else { return }
  let (arm, labels) = (result.trial.arm, result.trial.labels.rawValue)
  standardError(
    "Warning: the training loss of \(arm)\(arm == labels ? " labels" : ""), seed \(result.trial.seed), is not a number. The steps "
      + "were too long (a smaller --learning-rate may help), a label has no logarithm, or no image has a label that counts."
  )
}
