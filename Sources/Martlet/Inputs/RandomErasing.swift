import Requirements

/// Sets a rectangle of random size, shape and place to 0, the mean of normalised pixels, with some probability.
///
/// As torchvision's `RandomErasing` behind a normalisation, with its defaults: the rectangle's share of the image is drawn evenly from
/// `scale`, and the logarithm of its height over its width evenly between those of `ratio`'s bounds. If it does not fit into the
/// image, it is drawn again, ten times at most; then nothing is erased.
///
/// Zhong, Zheng, Kang, Li and Yang, "Random Erasing Data Augmentation" (2017).
///
/// ```swift
/// print(RandomErasing(probability: 0.25).scale)  // 0.02...0.33
/// ```
public struct RandomErasing: Augmentation, Hashable {
  /// How likely something is erased.
  public let probability: Float
  /// The rectangle's share of the image's area.
  public let scale: ClosedRange<Double>
  /// The rectangle's height over its width.
  public let ratio: ClosedRange<Double>

  /// A rectangle to erase.
  ///
  /// - Parameters:
  ///   - probability: how likely something is erased, from 0 to 1.
  ///   - scale: the rectangle's share of the image's area, within 0…1.
  ///   - ratio: its height over its width, above 0.
  public init(
    probability: Float = 0.5, scale: ClosedRange<Double> = 0.02...0.33, ratio: ClosedRange<Double> = 0.3...3.3
  ) {
    require(probability >= 0 && probability <= 1, "A probability must be from 0 to 1, not \(probability).")
    require(scale.lowerBound >= 0 && scale.upperBound <= 1, "A share of an image is from 0 to 1, not \(scale).")
    require(
      ratio.lowerBound > 0 && ratio.upperBound.isFinite, "A ratio of height and width is above 0, not \(ratio).")
    self.probability = probability
    self.scale = scale
    self.ratio = ratio
  }

  /// Erases the region that the numbers of `context.random` say, if there is one.
  public func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
    region(height: context.height, width: context.width, random: context.random)?.fill(&image, context, with: 0)
  }

  /// What is erased of an image of that size, if anything: with probability `random.uniform(at: 0)`; attempt k, from 0, takes the numbers
  /// 2k + 1 for the area and 2k + 2 for the ratio, and the place is that of the integers 16 and 17.
  func region(height: Int, width: Int, random: RandomSource) -> ImageRegion? {
    guard random.uniform(at: 0) < probability else { return nil }
    func uniform(_ range: ClosedRange<Double>, _ index: Int) -> Double {
      range.lowerBound + Double(random.uniform(at: index)) * (range.upperBound - range.lowerBound)
    }
    let logarithms = ratio.lowerBound.naturalLogarithm...ratio.upperBound.naturalLogarithm
    for attempt in 0..<10 {
      let area = Double(height * width) * uniform(scale, 2 * attempt + 1)
      let aspect = uniform(logarithms, 2 * attempt + 2).exponential
      let rows = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let columns = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      guard rows < height && columns < width else { continue }
      let top = random.integer(below: height - rows + 1, at: 16)
      let left = random.integer(below: width - columns + 1, at: 17)
      return ImageRegion(rows: top..<top + rows, columns: left..<left + columns)
    }
    return nil
  }
}
