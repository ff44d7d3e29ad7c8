/// All elements of an example as one vector, in row-major order: (16, 5, 5) becomes (400). It moves nothing.
///
/// ```swift
/// let model = Sequential {
///   Flatten()
///   Linear(784, 10)
/// }
/// ```
public struct Flatten: Model {
  /// A flattening.
  public init() {}

  /// The input, seen as a vector.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    try graph.reshape(input, to: [input.shape.count])
  }
}
