import Kernels
import Requirements

/// Sets a square around a random pixel to 0, the mean of normalised pixels.
///
/// Every pixel is equally likely to be the centre, so at the border less than a whole square is lost.
///
/// DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout" (2017).
///
/// ```swift
/// print(Cutout(size: 8).size)  // 8
/// ```
public struct Cutout: Augmentation, Hashable {
  /// The square's side in pixels.
  public let size: Int

  /// A square of `size` pixels a side, 1 or more.
  public init(size: Int) {
    require(size >= 1, "A square of \(size) pixels a side cannot be cut out.")
    self.size = size
  }

  /// Cuts out `size` rows from `size / 2` above row `context.random.integer(below: height, at: 0)` on, and as many columns around
  /// the same at 1.
  public func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
    let top = context.random.integer(below: context.height, at: 0) - size / 2
    let left = context.random.integer(below: context.width, at: 1) - size / 2
    let region = ImageRegion(
      rows: (top..<top + size).clamped(to: 0..<context.height),
      columns: (left..<left + size).clamped(to: 0..<context.width))
    region.fill(&image, context, with: 0)
  }
}
