import Kernels

/// Images that are all moved and mirrored in one way, for networks that look at each image more than once.
package struct MovedInputs: InputSource {
  private let base: any InputSource
  private let down: Int
  private let right: Int
  private let isMirrored: Bool
  /// The shape of one image.
  package let inputShape: Shape
  /// How pixels became floats.
  package let normalization: PixelNormalization?

  /// Images that are moved first, with what comes in reflected, and then mirrored left to right.
  ///
  /// - Parameters:
  ///   - base: the images.
  ///   - down: by how many pixels; below 0 it is up.
  ///   - right: by how many pixels; below 0 it is left.
  ///   - isMirrored: whether they are mirrored.
  package init(_ base: any InputSource, down: Int, right: Int, isMirrored: Bool) {
    self.base = base
    self.down = down
    self.right = right
    self.isMirrored = isMirrored
    inputShape = base.inputShape
    normalization = base.normalization
  }

  /// The number of images.
  package var count: Int { base.count }

  /// Reads an image, and moves it.
  package func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>) {
    base.read(example, as: view, into: &row)
    let context = AugmentationContext(shape: inputShape, normalization: normalization, example: example, view: view)
    CropPadding.reflect.move(&row, context, down: down, right: right)
    if isMirrored { Kernel.mirror(&row, width: context.width) }
  }
}
