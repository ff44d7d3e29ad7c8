/// One point of a learning curve.
public struct CurvePoint: Sendable, Hashable, Codable {
  /// How long training has gone on, in epochs.
  public let epoch: Double
  /// The steps made.
  public let step: Int
  /// The images seen, each as often as it was.
  public let images: Int
  /// The mean training loss since the point before; NaN at the start.
  public let trainingLoss: Double
  /// The mean negative log-likelihood of the test images' labels.
  public let testLoss: Double
  /// The share of test images that are right.
  public let testAccuracy: Double
  /// The time in training so far, in seconds.
  public let seconds: Double
}
