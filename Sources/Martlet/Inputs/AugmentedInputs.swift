/// Inputs that are changed at random as they are read: each view of an example in its own way, whichever thread reads it.
///
/// The numbers depend on the batch's random source, the view, the example and the augmentation's place in the list. View 0 is the
/// example as it is.
///
/// ```swift
/// let images = DenseInputs([1, 2, 3, 4], shape: [1, 2, 2])
/// let augmented = AugmentedInputs(images, [RandomHorizontalFlip(), RandomCrop(padding: 1)])
/// print(augmented.count, augmented.inputShape)  // 1 (1, 2, 2)
/// ```
public struct AugmentedInputs: InputSource {
  /// What is changed.
  public let base: any InputSource
  /// The changes, in the order in which they are made.
  public let augmentations: [any Augmentation]
  /// The shape of one example, which no augmentation changes.
  public let inputShape: Shape
  /// How pixels became floats, before they were changed.
  public let normalization: PixelNormalization?

  /// `base` with each of `augmentations`.
  public init(_ base: any InputSource, _ augmentations: [any Augmentation]) {
    self.base = base
    self.augmentations = augmentations
    inputShape = base.inputShape
    normalization = base.normalization
  }

  /// The number of examples.
  public var count: Int { base.count }

  /// Reads an example, and changes it unless it is seen as it is.
  public func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>) {
    // A base with augmentations of its own draws other numbers.
    base.read(example, as: view.stream("base"), into: &row)
    guard view.number != 0 else { return }
    var context = AugmentationContext(shape: inputShape, normalization: normalization, example: example, view: view)
    for place in augmentations.indices {
      context.view = view.stream(place)
      augmentations[place].apply(to: &row, context: context)
    }
  }
}
