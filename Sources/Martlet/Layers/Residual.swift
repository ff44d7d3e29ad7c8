/// Input plus what a body makes of it: y = x + f(x).
///
/// He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2015). The body's output must have the shape
/// of its input.
///
/// ```swift
/// let block = Residual {
///   Conv2d(16, 16, kernelSize: 3, padding: 1)
///   ReLU()
///   Conv2d(16, 16, kernelSize: 3, padding: 1)
/// }
/// ```
public struct Residual: Model {
  /// What is added to the input.
  public let body: Sequential

  /// A residual connection around the listed parts.
  public init(@ModelBuilder _ parts: () -> [any Model]) { body = Sequential(parts) }

  /// Records the body, and the sum.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    try graph.add(input, body.record(input, in: &graph))
  }
}
