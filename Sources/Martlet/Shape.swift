import Requirements

/// The sizes of one example, without the batch: (channels, height, width) for an image, (features) for a vector.
///
/// ```swift
/// let image: Shape = [3, 32, 32]
/// print(image, image.count)  // (3, 32, 32) 3072
/// ```
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The sizes, outermost first; each is at least 1.
  public let dimensions: [Int]

  /// The product of all sizes; 1 for a scalar.
  public let count: Int

  /// A shape of the given sizes, each at least 1.
  public init(_ dimensions: [Int]) {
    var count = 1
    for dimension in dimensions {
      require(dimension >= 1, "Every size of a shape must be at least 1, not \(dimension).")
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      require(!overflow, "A shape of sizes \(dimensions) has more elements than fit into memory.")
      count = product
    }
    self.dimensions = dimensions
    self.count = count
  }

  /// A shape of the given sizes, each at least 1.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of sizes: 3 for an image, 1 for a vector.
  public var rank: Int { dimensions.count }

  /// The size at `axis`.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The sizes as they are written in PyTorch: `(3, 32, 32)`, `(10,)`.
  public var description: String {
    rank == 1 ? "(\(dimensions[0]),)" : "(" + dimensions.map(String.init).joined(separator: ", ") + ")"
  }
}
