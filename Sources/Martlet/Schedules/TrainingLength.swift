import Requirements

/// A stretch of a training: so many epochs, so many steps, or a share of it.
///
/// ```swift
/// let position = TrainingPosition(step: 0, stepsPerEpoch: 48, stepCount: 476)
/// let lengths: [TrainingLength] = [.epochs(3), .steps(500), .share(0.23)]
/// print(lengths.map { $0.steps(in: position) })  // [144, 500, 109]
/// ```
public enum TrainingLength: Sendable, Hashable {
  /// Passes over the training images; need not be whole.
  case epochs(Double)
  /// Steps.
  case steps(Int)
  /// A share of all steps, from 0 to 1.
  case share(Double)

  /// The steps of this stretch, rounded down.
  public func steps(in position: TrainingPosition) -> Int {
    switch self {
    case .epochs(let count): Int(count * Double(position.stepsPerEpoch))
    case .steps(let count): count
    case .share(let share): Int(share * Double(position.stepCount))
    }
  }

  /// Traps where a length is negative, or longer than the training that it is a share of.
  func check() {
    switch self {
    case .epochs(let count): require(count >= 0 && count <= 1e12, "There cannot be \(count) epochs.")
    case .steps(let count): require(count >= 0, "There cannot be \(count) steps.")
    case .share(let share):
      require(share >= 0 && share <= 1, "A share of a training is from 0 to 1, not \(share).")
    }
  }
}
