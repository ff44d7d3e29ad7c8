/// Models one after the other, each on the output of the one before.
///
/// A part without a name is called by its position, as in PyTorch's `nn.Sequential`: `0.weight`, `2.bias`.
///
/// ```swift
/// let model = Sequential {
///   Flatten()
///   Linear(784, 128).named("hidden")
///   ReLU()
///   Linear(128, 10).named("output")
/// }
/// ```
public struct Sequential: Model {
  /// The parts, first to last.
  public let parts: [any Model]

  /// A sequence of the listed parts.
  public init(@ModelBuilder _ parts: () -> [any Model]) { self.parts = parts() }

  /// A sequence of `parts`.
  public init(_ parts: [any Model]) { self.parts = parts }

  /// Records the parts in order.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    var node = input
    for (position, part) in parts.enumerated() { node = try graph.apply(part, at: position, to: node) }
    return node
  }
}
