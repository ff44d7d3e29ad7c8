import MartletTraining

/// Says that a training loss is no number: the table shows it, and does not say why.
func warnOfNaN(_ result: Experiment.Result) {
  guard result.trainingLoss.isNaN else { return }
  standardError(
    "Warning: the training loss of \(result.arm.labels.rawValue) labels, seed \(result.arm.seed), is not a number. The steps were "
      + "too long, or a label has no logarithm. A smaller --learning-rate may help.")
}
