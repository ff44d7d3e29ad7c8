import Requirements

/// How a parameter's first values are drawn.
public enum Initializer: Sendable, Hashable {
  /// Uniform in −bound … bound.
  case uniform(bound: Float)
  /// One value everywhere.
  case constant(Float)

  /// PyTorch's default for the weights and biases of `Conv2d` and `Linear`: uniform in ±1/√fan-in.
  ///
  /// - Parameter fanIn: the number of inputs that one output sums over.
  public static func fanIn(_ fanIn: Int) -> Initializer {
    require(fanIn >= 1, "The fan-in must be at least 1, not \(fanIn).")
    return .uniform(bound: 1 / Float(fanIn).squareRoot())
  }

  /// `count` first values out of `source`.
  func values(_ count: Int, from source: RandomSource) -> [Float] {
    switch self {
    case .constant(let value): Array(repeating: value, count: count)
    case .uniform(let bound): (0..<count).map { (source.uniform(at: $0) * 2 - 1) * bound }
    }
  }
}
