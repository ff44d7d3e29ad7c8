import Martlet
import Requirements

/// Puts a rectangle of another image of the same step into each image, and mixes their labels by the rectangle's area.
///
/// λ is drawn once a step from the Beta(α, α) distribution, and a pixel that is the rectangle's centre. Its sides are √(1 − λ) of the
/// image's, and it is clipped at the border. The target is (1 − a)·t + a·t′, with a the share of the image that the rectangle covers
/// then. Partners are drawn as those of ``Mixup`` are, and images without a target are left alone alike.
///
/// Where a configuration has both, each step takes one of the two with equal probability, as timm does with its defaults.
///
/// Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features" (2019); rounding is that of
/// torchvision's `CutMix`.
///
/// ```swift
/// var configuration = TrainingConfiguration()
/// configuration.cutmix = CutMix(alpha: 1)
/// ```
public struct CutMix: Sendable, Hashable {
  /// α: the larger, the closer λ is to a half.
  public let alpha: Double

  /// Mixing with the given α, above 0; the paper's is 1.
  public init(alpha: Double = 1) {
    require(alpha > 0 && alpha.isFinite, "CutMix's α must be above 0, not \(alpha).")
    self.alpha = alpha
  }

  /// The rows with their partners.
  ///
  /// - Parameters:
  ///   - groups: the group of each row; nil for a row that is left alone.
  ///   - shape: an image's, (channels, height, width).
  ///   - random: the numbers of the step.
  func mixed(_ rows: [BatchRow], groups: [Int?], shape: Shape, random: RandomSource) -> [BatchRow] {
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let centre = random.stream("centre")
    let region = Self.region(
      height: height, width: width, proportion: SymmetricBeta(alpha).number(random),
      row: centre.integer(below: height, at: 0), column: centre.integer(below: width, at: 1))
    let share = Float(Double(region.area) / Double(height * width))
    return Mixture.paired(rows, groups: groups, random: random) {
      BatchRow.Partner(example: $0, share: share, region: region)
    }
  }

  /// What comes from the partner.
  ///
  /// - Parameters:
  ///   - proportion: λ, the share that is left of the image if nothing is clipped.
  ///   - row: the centre's.
  ///   - column: the centre's.
  static func region(height: Int, width: Int, proportion: Double, row: Int, column: Int) -> ImageRegion {
    let half = 0.5 * (1 - proportion).squareRoot()
    let (rows, columns) = (Int(half * Double(height)), Int(half * Double(width)))
    return ImageRegion(
      rows: max(0, row - rows)..<min(height, row + rows),
      columns: max(0, column - columns)..<min(width, column + columns))
  }
}
