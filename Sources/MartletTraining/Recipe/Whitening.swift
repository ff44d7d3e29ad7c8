import Martlet
import Requirements

/// A first convolution whose initial weights whiten patches of training images.
///
/// `Parameters.whiten(_:with:examples:epsilon:)` says how. Whitened weights are usually frozen, by a ``TrainingConfiguration/groups``
/// entry.
///
/// ```swift
/// let shape: Shape = [3, 32, 32]
/// var recipe = Recipe("whitened", network: try Network(Models.speedrun(widths: [8, 8, 8]), inputShape: shape))
/// recipe.whitening = Whitening("whiten.weight", imageCount: 100)
/// recipe.configuration.groups = [ParameterGroup(.named("whiten.weight"), isFrozen: true)]
/// ```
public struct Whitening: Sendable, Hashable {
  /// The convolution's weight.
  public let parameter: String
  /// How many of the training images are looked at, from the first on.
  public let imageCount: Int
  /// ε, what keeps directions that hardly occur from being blown up.
  public let epsilon: Double

  /// Whitening by the first `imageCount` images.
  public init(_ parameter: String, imageCount: Int = 5000, epsilon: Double = 5e-4) {
    require(imageCount >= 1, "Weights cannot be whitened by \(imageCount) images.")
    require(epsilon > 0, "The ε of a whitening must be above 0, not \(epsilon).")
    self.parameter = parameter
    self.imageCount = imageCount
    self.epsilon = epsilon
  }
}

extension Recipe {
  /// The weights that a training starts with.
  ///
  /// - Parameter images: the training images as the network sees them.
  func firstParameters(seed: UInt64, images: any InputSource) throws -> Parameters {
    var parameters = initialParameters ?? Parameters(of: network, seed: seed)
    if let whitening {
      try parameters.whiten(
        whitening.parameter, with: images, examples: 0..<min(whitening.imageCount, images.count),
        epsilon: whitening.epsilon)
    }
    return parameters
  }
}
