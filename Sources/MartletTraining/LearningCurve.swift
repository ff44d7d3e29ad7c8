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
  private let testsPerEpoch: Int
  private var last = TrainingProgress.start
  private var sum = 0.0
  private var steps = 0

  init(testsPerEpoch: Int) { self.testsPerEpoch = testsPerEpoch }

  /// The mean training loss since the last point, if a point is due at `progress`.
  mutating func loss(at progress: TrainingProgress) -> Double? {
    guard testsPerEpoch > 0 else { return nil }
    let made = progress.epoch == last.epoch ? progress.step - last.step : progress.step
    let isDue = tests(progress) > tests(last)
    last = progress
    sum += progress.loss * Double(made)
    steps += made
    guard isDue else { return nil }
    defer { (sum, steps) = (0, 0) }
    return sum / Double(steps)
  }

  private func tests(_ progress: TrainingProgress) -> Int {
    max(0, progress.epoch - 1) * testsPerEpoch + progress.step * testsPerEpoch / max(1, progress.stepsPerEpoch)
  }
}

extension TrainingProgress {
  /// Before the first step.
  fileprivate static var start: TrainingProgress {
    TrainingProgress(epoch: 0, epochs: 0, step: 0, stepsPerEpoch: 0, images: 0, loss: .nan)
  }
}
