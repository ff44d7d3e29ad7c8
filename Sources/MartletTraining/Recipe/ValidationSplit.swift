import Martlet
import Requirements

/// Labelled training images that are held out: the network is not trained on them, but tested on them after each epoch.
///
/// They are drawn by the seed, each class giving the same share of its images, as far as numbers allow. Their labels are those that the
/// training has: where labels are noisy, these are noisy, too, as they would be for anybody who does not know better.
///
/// Recipes with the same labels hold out the same images under one seed, so that a teacher with this split has not seen the
/// images that its student is validated on.
///
/// ```swift
/// var configuration = TrainingConfiguration()
/// configuration.epochs = 50
/// configuration.validation = ValidationSplit(share: 0.1, patience: 5)
/// ```
public struct ValidationSplit: Sendable, Hashable {
  /// The share of the labelled training images that is held out, above 0 and below 1.
  public let share: Double
  /// Training ends after as many epochs in a row that were no better than the best one so far; nil never ends it early. An epoch is
  /// better with a higher accuracy, or with the same one and a lower loss.
  public let patience: Int?
  /// Whether the weights of the best epoch are taken; otherwise they are those of the last one.
  public let keepsBest: Bool

  /// A split.
  ///
  /// - Parameters:
  ///   - share: the share of the labelled training images that is held out, above 0 and below 1.
  ///   - patience: the epochs without a better one after which training ends, 1 or more; nil never ends it early.
  ///   - keepsBest: whether the weights of the best epoch are taken.
  public init(share: Double, patience: Int? = nil, keepsBest: Bool = true) {
    require(share > 0 && share < 1, "The share of images to validate on must be above 0 and below 1, not \(share).")
    require(patience ?? 1 >= 1, "Patience lasts for an epoch or more, not \(patience ?? 0).")
    self.share = share
    self.patience = patience
    self.keepsBest = keepsBest
  }

  /// The images that are held out.
  ///
  /// - Parameters:
  ///   - candidates: the positions of the images with labels.
  ///   - classCount: the number of classes.
  ///   - seed: what the draw depends on, beside the labels.
  ///   - label: an image's label.
  func images(
    among candidates: [Int], classCount: Int, seed: UInt64, label: (Int) -> Int
  ) -> ValidationImages {
    require(
      candidates.count >= 2, "Of \(candidates.count) labelled images, none can be held out while others are trained on."
    )
    let order = RandomSource(seed: seed).stream("validation").permutation(of: candidates.count).map { candidates[$0] }
    var classes = Array(repeating: [Int](), count: classCount)
    for image in order { classes[label(image)].append(image) }
    // Whole numbers of each class; what is missing comes from the classes that lost most by that.
    let exact = classes.map { share * Double($0.count) }
    var counts = exact.map { Int($0) }
    let wanted = min(candidates.count - 1, max(1, Int((share * Double(candidates.count)).rounded())))
    let byLoss = classes.indices.sorted {
      let (first, second) = (exact[$0] - Double(counts[$0]), exact[$1] - Double(counts[$1]))
      return first == second ? $0 < $1 : first > second
    }
    for index in byLoss where counts.reduce(0, +) < wanted && counts[index] < classes[index].count {
      counts[index] += 1
    }
    let examples = zip(classes, counts).flatMap { $0.prefix($1) }.sorted()
    return ValidationImages(examples: examples, labels: examples.map(label))
  }
}
