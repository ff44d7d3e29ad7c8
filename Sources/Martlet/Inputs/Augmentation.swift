/// A random change of an image, before a network sees it: a value in front of the inputs.
///
/// ```swift
/// /// Makes an image up to a tenth stronger or weaker.
/// struct RandomGain: Augmentation {
///   func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
///     let factor = 0.9 + 0.2 * context.random.uniform(at: 0)
///     for i in image.indices { image[i] *= factor }
///   }
/// }
/// ```
///
/// Everything that is random comes from the context, so that an image looks the same whichever thread reads it, and whatever
/// else is in its batch.
public protocol Augmentation: Sendable {
  /// Changes one image in place. Called from several threads at once.
  ///
  /// - Parameters:
  ///   - image: (channels, height, width), normalised.
  ///   - context: which image it is, how it is seen, and the random numbers of this augmentation for it.
  func apply(to image: inout MutableSpan<Float>, context: AugmentationContext)
}
