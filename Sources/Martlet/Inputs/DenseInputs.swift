import Kernels
import Requirements

/// Inputs that are floats already, (count, inputShape).
///
/// ```swift
/// let inputs = DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2])
/// print(inputs.count)  // 4
/// ```
public struct DenseInputs: InputSource {
  /// The shape of one example.
  public let inputShape: Shape
  /// How pixels became these floats, if they did and it is known.
  public let normalization: PixelNormalization?
  private let values: [Float]

  /// The examples one behind the other.
  ///
  /// - Parameters:
  ///   - values: (count, shape).
  ///   - shape: the shape of one example.
  ///   - normalization: how pixels became these floats, for augmentations that change pixels.
  public init(_ values: [Float], shape: Shape, normalization: PixelNormalization? = nil) {
    require(
      values.count % shape.count == 0, "\(values.count) values are no whole number of examples of shape \(shape).")
    inputShape = shape
    self.values = values
    self.normalization = normalization
  }

  /// The number of examples.
  public var count: Int { values.count / inputShape.count }

  /// Copies example `index`.
  public func read(_ index: Int, as view: View, into row: inout MutableSpan<Float>) {
    let count = inputShape.count
    Kernel.copy(values.span.extracting(index * count..<(index + 1) * count), into: &row)
  }
}
