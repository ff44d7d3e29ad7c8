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
  private let values: [Float]

  /// The examples one behind the other.
  public init(_ values: [Float], shape: Shape) {
    require(
      values.count % shape.count == 0, "\(values.count) values are no whole number of examples of shape \(shape).")
    inputShape = shape
    self.values = values
  }

  /// The number of examples.
  public var count: Int { values.count / inputShape.count }

  /// Copies example `index`.
  public func read(_ index: Int, as view: View, into row: inout MutableSpan<Float>) {
    let count = inputShape.count
    Kernel.copy(values.span.extracting(index * count..<(index + 1) * count), into: &row)
  }
}
