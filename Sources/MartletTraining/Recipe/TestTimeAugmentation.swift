import Martlet

/// In which views a trained network sees each image: its answer is the mean of its logits for all of them.
///
/// Nothing is random. Every view costs as much as the image as it is.
///
/// The views are those of Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024).
///
/// ```swift
/// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
/// let classifier = Classifier(network, parameters: Parameters(of: network, seed: 1))
/// let logits = classifier.logits(for: Shapes.make(.test, count: 5), views: .flip)
/// print(logits.count, TestTimeAugmentation.flipAndShift.viewCount)  // 50 6
/// ```
public enum TestTimeAugmentation: String, Sendable, Hashable, Codable, CaseIterable {
  /// The image as it is.
  case none
  /// The image and its mirror image, half each.
  case flip
  /// The image and its mirror image, a quarter each, and both of them moved by one pixel up and left, and down and right, an eighth
  /// each. What comes in is reflected.
  case flipAndShift = "flip-and-shift"

  /// A view, and how much it counts.
  struct WeightedView {
    var down = 0
    var right = 0
    var isMirrored = false
    let weight: Float

    /// The images as they are seen.
    func inputs(_ base: any InputSource) -> any InputSource {
      guard isMirrored || down != 0 || right != 0 else { return base }
      return MovedInputs(base, down: down, right: right, isMirrored: isMirrored)
    }
  }

  /// The views, whose weights have the sum 1.
  var views: [WeightedView] {
    switch self {
    case .none: [WeightedView(weight: 1)]
    case .flip: [WeightedView(weight: 0.5), WeightedView(isMirrored: true, weight: 0.5)]
    case .flipAndShift:
      [false, true].map { WeightedView(isMirrored: $0, weight: 0.25) }
        + [1, -1].flatMap { offset in
          [false, true].map { WeightedView(down: offset, right: offset, isMirrored: $0, weight: 0.125) }
        }
    }
  }

  /// The number of views of each image.
  public var viewCount: Int { views.count }
}
