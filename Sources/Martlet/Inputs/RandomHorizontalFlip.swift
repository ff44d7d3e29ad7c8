import Kernels
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

  /// Swaps the columns of each row, if `context.random.uniform(at: 0)` is below the probability.
  public func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
    guard context.random.uniform(at: 0) < probability else { return }
    Kernel.mirror(&image, width: context.width)
  }
}
