/// One example's target, as a loss sees it.
public enum Target: ~Escapable {
  /// The index of the right class.
  case classIndex(Int)
  /// The probability of each class, (classes).
  case probabilities(Span<Float>)
  /// The index of the right class, and beside it what a teacher says, (classes).
  case labelledProbabilities(Int, Span<Float>)

  /// The right class, where it is known.
  public var classIndex: Int? {
    switch self {
    case .classIndex(let index), .labelledProbabilities(let index, _): index
    case .probabilities: nil
    }
  }

  /// What the target gives class `index`: its probability, or 1 at a class index and 0 elsewhere. Where there are a class
  /// index and probabilities, it is the probability.
  @inline(__always)
  public func probability(of index: Int) -> Float {
    switch self {
    case .classIndex(let wanted): index == wanted ? 1 : 0
    case .probabilities(let probabilities), .labelledProbabilities(_, let probabilities): probabilities[index]
    }
  }
}
