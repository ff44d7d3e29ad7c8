/// Several parts on one input, and their outputs one behind the other: the channels of images, the features of vectors.
///
/// Each part's output must have the same sizes but for the first. Parts without a name are called by their position.
///
/// ```swift
/// let branches = Concatenation {
///   Conv2d(8, 4, kernelSize: 1)
///   Conv2d(8, 12, kernelSize: 3, padding: 1)
/// }
/// print(try Network(branches, inputShape: [8, 6, 6]).outputShape)  // (16, 6, 6)
/// ```
public struct Concatenation: Model {
  /// The parts, in the order of their outputs.
  public let parts: [any Model]

  /// The listed parts.
  public init(@ModelBuilder _ parts: () -> [any Model]) { self.parts = parts() }

  /// Records the parts, and puts their outputs together.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    var outputs: [Graph.Node] = []
    for (position, part) in parts.enumerated() {
      outputs.append(try graph.apply(part, at: position, to: input))
    }
    return try graph.concatenate(outputs)
  }
}
