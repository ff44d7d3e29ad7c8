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

/// Says when the next point of a learning curve is due, and what its training loss is.
struct CurveClock {
  /// The points that are to come, evenly over the whole training.
  private let points: Int
  private var made = 0
  private var last: (epoch: Int, step: Int) = (0, 0)
  private var sum = 0.0
  private var steps = 0

  init(points: Int) { self.points = points }

  /// The mean training loss since the last point, if a point is due at `progress`.
  mutating func loss(at progress: TrainingProgress) -> Double? {
    guard points > 0 else { return nil }
    let new = progress.epoch == last.epoch ? progress.step - last.step : progress.step
    last = (progress.epoch, progress.step)
    sum += progress.loss * Double(new)
    steps += new
    // The end of training is a point, whatever rounding does to its share.
    let isEnd = progress.epoch == progress.epochs && progress.step == progress.stepsPerEpoch
    let due = isEnd ? points : Int(progress.fraction * Double(points))
    guard due > made else { return nil }
    made = due
    defer { (sum, steps) = (0, 0) }
    return sum / Double(steps)
  }
}
