/// A random change of an image, before a network sees it: a value in front of the inputs.
///
/// ```swift
/// /// Makes an image up to a tenth brighter or darker.
/// struct RandomBrightness: Augmentation {
///   func apply(to image: inout MutableSpan<Float>, shape: Shape, random: RandomSource) {
///     let factor = 0.9 + 0.2 * random.uniform(at: 0)
///     for i in image.indices { image[i] *= factor }
///   }
/// }
/// ```
public protocol Augmentation: Sendable {
  /// Changes one image in place. Called from several threads at once.
  ///
  /// - Parameters:
  ///   - image: (channels, height, width), normalised.
  ///   - shape: the image's shape.
  ///   - random: the numbers of this augmentation for this view of this image.
  func apply(to image: inout MutableSpan<Float>, shape: Shape, random: RandomSource)
}

/// Inputs that are changed at random as they are read: each view of an example in its own way, whichever thread reads it.
///
/// The numbers depend on the batch's random source, the view, the example and the augmentation's place in the list. View 0 is the
/// example as it is.
///
/// ```swift
/// let images = DenseInputs([1, 2, 3, 4], shape: [1, 2, 2])
/// let augmented = AugmentedInputs(images, [RandomHorizontalFlip(), RandomShift(1)])
/// print(augmented.count, augmented.inputShape)  // 1 (1, 2, 2)
/// ```
public struct AugmentedInputs: InputSource {
  /// What is changed.
  public let base: any InputSource
  /// The changes, in the order in which they are made.
  public let augmentations: [any Augmentation]

  /// `base` with each of `augmentations`.
  public init(_ base: any InputSource, _ augmentations: [any Augmentation]) {
    self.base = base
    self.augmentations = augmentations
  }

  /// The shape of one example, which no augmentation changes.
  public var inputShape: Shape { base.inputShape }
  /// The number of examples.
  public var count: Int { base.count }

  /// Reads an example, and changes it unless it is seen as it is.
  public func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>) {
    // A base with augmentations of its own draws other numbers.
    base.read(example, as: View(number: view.number, random: view.random.stream("base")), into: &row)
    guard view.number != 0 else { return }
    for (place, augmentation) in augmentations.enumerated() {
      augmentation.apply(to: &row, shape: inputShape, random: view.random.stream(place))
    }
  }
}
