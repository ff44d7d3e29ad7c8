import Requirements

/// Moves an image by up to some pixels in both directions; what comes in from outside is 0, the mean of normalised pixels.
///
/// A crop of the image's own size out of one with zeros around it, as PyTorch's `RandomCrop(size, padding=…)` behind a
/// normalisation.
///
/// ```swift
/// print(RandomShift(2).pixels)  // 2
/// ```
public struct RandomShift: Augmentation, Hashable {
  /// The most pixels in each direction.
  public let pixels: Int

  /// A shift by up to `pixels`, 0 or more.
  public init(_ pixels: Int) {
    require(pixels >= 0, "An image can be shifted by 0 pixels or more, not \(pixels).")
    self.pixels = pixels
  }

  /// Moves the image down by `random.integer(below: 2·pixels + 1, at: 0) − pixels`, and right by the same at 1.
  public func apply(to image: inout MutableSpan<Float>, shape: Shape, random: RandomSource) {
    require(shape.rank >= 2, "Only images can be shifted, not inputs of shape \(shape).")
    let down = random.integer(below: 2 * pixels + 1, at: 0) - pixels
    let right = random.integer(below: 2 * pixels + 1, at: 1) - pixels
    guard down != 0 || right != 0 else { return }
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    for plane in stride(from: 0, to: shape.count, by: height * width) {
      // In an order in which nothing is overwritten before it has moved.
      for line in 0..<height {
        let y = down > 0 ? height - 1 - line : line
        for place in 0..<width {
          let x = right > 0 ? width - 1 - place : place
          let (fromY, fromX) = (y - down, x - right)
          let isInside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width
          image[plane + y * width + x] = isInside ? image[plane + fromY * width + fromX] : 0
        }
      }
    }
  }
}
