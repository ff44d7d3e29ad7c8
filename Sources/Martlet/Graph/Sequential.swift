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
    for (position, part) in parts.enumerated() {
      if part is Named {
        node = try part.record(node, in: &graph)
      } else {
        let current = node
        node = try graph.scope(String(position)) { (graph) throws(ModelError) in
          try part.record(current, in: &graph)
        }
      }
    }
    return node
  }
}

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

/// Collects the parts of a model; `if`, `switch` and `for` work as in other Swift code.
@resultBuilder
public enum ModelBuilder {
  /// One part.
  public static func buildExpression(_ part: some Model) -> [any Model] { [part] }

  /// Several parts in order.
  public static func buildBlock(_ parts: [any Model]...) -> [any Model] { parts.flatMap { $0 } }

  /// Parts of an `if` without `else`.
  public static func buildOptional(_ parts: [any Model]?) -> [any Model] { parts ?? [] }

  /// Parts of a first branch.
  public static func buildEither(first parts: [any Model]) -> [any Model] { parts }

  /// Parts of a second branch.
  public static func buildEither(second parts: [any Model]) -> [any Model] { parts }

  /// Parts of a loop.
  public static func buildArray(_ parts: [[any Model]]) -> [any Model] { parts.flatMap { $0 } }
}
