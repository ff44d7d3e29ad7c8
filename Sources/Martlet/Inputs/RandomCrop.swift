import Requirements

/// Cuts a window of the image's own size out of the padded image, at a random place.
///
/// As torchvision's `RandomCrop(size, padding=…, padding_mode=…)` in front of a normalisation: the padding is black unless it is
/// told otherwise, and black is what a pixel of 0 becomes. All (2·padding + 1)² places are equally likely.
///
/// ```swift
/// print(RandomCrop(padding: 4).padding, RandomCrop(padding: 2, mode: .reflect).mode)  // 4 reflect
/// ```
public struct RandomCrop: Augmentation, Hashable {
  /// The pixels around the image on each side.
  public let padding: Int
  /// What they are.
  public let mode: CropPadding

  /// A crop of the image with `padding` pixels around it, 0 or more; with ``CropPadding/reflect``, less than half of the image's width
  /// and height.
  public init(padding: Int, mode: CropPadding = .zeros) {
    require(padding >= 0, "An image can be padded by 0 pixels or more, not \(padding).")
    self.padding = padding
    self.mode = mode
  }

  /// Cuts the window out whose first row is `context.random.integer(below: 2·padding + 1, at: 0)` of the padded image, and its first
  /// column the same at 1.
  public func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
    if mode == .reflect {
      require(
        2 * padding < min(context.height, context.width),
        "An image of shape \(context.shape) is too small to be reflected over \(padding) pixels on each side.")
    }
    let top = context.random.integer(below: 2 * padding + 1, at: 0)
    let left = context.random.integer(below: 2 * padding + 1, at: 1)
    mode.move(&image, context, down: padding - top, right: padding - left)
  }
}
