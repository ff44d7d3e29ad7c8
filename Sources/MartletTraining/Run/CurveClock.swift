/// Says when the next point of a learning curve is due, and what its training loss is.
struct CurveClock: Sendable {
  /// The points that are to come, evenly over all steps.
  private let points: Int
  /// The steps of the whole training, over all its rounds.
  private let steps: Int
  private var made = 0
  private var sum = 0.0
  private var count = 0

  init(points: Int, steps: Int) {
    self.points = points
    self.steps = steps
  }

  /// The mean training loss since the last point, if a point is due.
  ///
  /// - Parameters:
  ///   - stepsMade: the steps behind us, over all rounds.
  ///   - progress: the latest news.
  mutating func loss(stepsMade: Int, _ progress: TrainingProgress) -> Double? {
    if progress.lossCount > 0 {
      sum += progress.loss * Double(progress.lossCount)
      count += progress.lossCount
    }
    let due = stepsMade * points / max(1, steps)
    guard due > made else { return nil }
    made = due
    defer { (sum, count) = (0, 0) }
    return sum / Double(count)
  }
}
