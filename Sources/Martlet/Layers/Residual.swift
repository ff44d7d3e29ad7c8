/// Input plus what a body makes of it, y = x + f(x), or, where the shapes differ, y = g(x) + f(x) with a shortcut g.
///
/// He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2015). Without a shortcut, the body's output must have the
/// shape of its input.
///
/// ```swift
/// let block = Residual {
///   Conv2d(16, 16, kernelSize: 3, padding: 1)
///   ReLU()
///   Conv2d(16, 16, kernelSize: 3, padding: 1)
/// }
/// ```
///
/// Names within the body are those of the block, names within the shortcut start with `shortcut`: `0.weight`, `shortcut.0.weight`.
/// A ``ReLU`` behind the block is computed together with the sum.
///
/// ```swift
/// let larger = Residual {
///   Conv2d(16, 32, kernelSize: 3, stride: 2, padding: 1, bias: false)
///   BatchNorm2d(32)
/// } shortcut: {
///   Conv2d(16, 32, kernelSize: 1, stride: 2, bias: false)
///   BatchNorm2d(32)
/// }
/// print(try Network(larger, inputShape: [16, 8, 8]).parameters[4].name)  // shortcut.0.weight
/// ```
public struct Residual: Model {
  /// What is added to the shortcut.
  public let body: Sequential
  /// What the body's output is added to; without parts, the input itself.
  public let shortcut: Sequential

  /// A residual connection around the listed parts.
  public init(@ModelBuilder _ parts: () -> [any Model]) {
    body = Sequential(parts)
    shortcut = Sequential([])
  }

  /// A residual connection around the listed parts, with a shortcut of parts, any model of one input.
  public init(@ModelBuilder _ parts: () -> [any Model], @ModelBuilder shortcut: () -> [any Model]) {
    body = Sequential(parts)
    self.shortcut = Sequential(shortcut)
  }

  /// Records the body, the shortcut and the sum.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    let output = try body.record(input, in: &graph)
    let start = try graph.scope("shortcut") { (graph) throws(ModelError) in
      try shortcut.record(input, in: &graph)
    }
    return try graph.add(start, output)
  }
}
