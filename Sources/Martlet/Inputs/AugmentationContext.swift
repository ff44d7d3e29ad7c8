import Requirements

/// What an augmentation knows of the image that it changes.
public struct AugmentationContext: Sendable {
  /// The image's shape, (channels, height, width).
  public let shape: Shape
  /// How the image's pixels became floats; nil where inputs do not say so.
  public let normalization: PixelNormalization?
  /// Which example it is.
  public let example: Int
  /// How the example is seen.
  public internal(set) var view: View

  /// What is known of one view of an example.
  ///
  /// - Parameters:
  ///   - shape: the image's shape.
  ///   - normalization: how pixels became floats, if it is known.
  ///   - example: which example it is.
  ///   - view: how it is seen, with the random numbers of one augmentation.
  public init(shape: Shape, normalization: PixelNormalization? = nil, example: Int = 0, view: View) {
    self.shape = shape
    self.normalization = normalization
    self.example = example
    self.view = view
  }

  /// The numbers of this augmentation for this view of this example.
  public var random: RandomSource { view.random }
  /// The numbers of this augmentation for this example, the same in all of its views.
  public var exampleRandom: RandomSource { view.exampleRandom }

  /// The image's width in pixels; inputs with fewer than two sizes have none.
  public var width: Int {
    require(shape.rank >= 2, "Only images can be moved, mirrored or erased, not inputs of shape \(shape).")
    return shape[shape.rank - 1]
  }
  /// The image's height in pixels; inputs with fewer than two sizes have none.
  public var height: Int {
    require(shape.rank >= 2, "Only images can be moved, mirrored or erased, not inputs of shape \(shape).")
    return shape[shape.rank - 2]
  }
  /// The number of the image's planes, each (height, width).
  public var channelCount: Int { shape.count / (height * width) }

  /// What a pixel of that value, 0…1, is in the image: the value itself where inputs do not say how pixels became floats.
  public func normalized(_ pixel: Float, channel: Int) -> Float {
    guard let normalization else { return pixel }
    let (mean, deviation) = normalization.statistics(of: channel)
    return pixel / deviation - mean / deviation
  }
}
