/// What happens while a network is trained.
public enum TrainingEvent: Sendable, Hashable {
  /// Where training is: for progress bars, some hundred times an epoch.
  case progress(TrainingProgress)
  /// The mean loss over the steps since the last such event, within the epoch.
  case loss(epoch: Int, step: Int, mean: Double)
  /// The end of an epoch, with the mean loss over its images, as the loss defines its mean.
  case epochEnd(epoch: Int, meanLoss: Double)
  /// How the network does on the images that are held out, after an epoch, and whether it never did better since training started, or
  /// was renewed.
  case validation(ValidationPoint, isBest: Bool)
}

/// How far training has come.
public struct TrainingProgress: Sendable, Hashable {
  /// The epoch, from 1.
  public let epoch: Int
  /// All epochs.
  public let epochs: Int
  /// The steps made in this epoch.
  public let step: Int
  /// The steps of an epoch.
  public let stepsPerEpoch: Int
  /// The images seen since training started, or was renewed.
  public let images: Int
  /// The mean loss over the steps since the last event of this kind; NaN if none of them had a target.
  public let loss: Double
  /// The steps that it is the mean of.
  public let lossCount: Int

  /// The share of all work that is done, 0…1.
  public var fraction: Double {
    (Double(epoch - 1) + Double(step) / Double(max(1, stepsPerEpoch))) / Double(max(1, epochs))
  }
}
