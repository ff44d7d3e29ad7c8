import Requirements

/// Mirrors an image left to right, with some probability.
///
/// ```swift
/// print(RandomHorizontalFlip().probability)  // 0.5
/// ```
public struct RandomHorizontalFlip: Augmentation, Hashable {
  /// How likely an image is mirrored.
  public let probability: Float

  /// A flip with the given probability, from 0 to 1.
  public init(probability: Float = 0.5) {
    require(probability >= 0 && probability <= 1, "A probability must be from 0 to 1, not \(probability).")
    self.probability = probability
  }

  /// Swaps the columns of each row, if `random.uniform(at: 0)` is below the probability.
  public func apply(to image: inout MutableSpan<Float>, shape: Shape, random: RandomSource) {
    guard random.uniform(at: 0) < probability else { return }
    require(shape.rank >= 2, "Only images can be mirrored, not inputs of shape \(shape).")
    let width = shape[shape.rank - 1]
    for row in stride(from: 0, to: shape.count, by: width) {
      for column in 0..<width / 2 { image.swapAt(row + column, row + width - 1 - column) }
    }
  }
}
