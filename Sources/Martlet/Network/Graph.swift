/// The operations of a network in the order in which they run, with all shapes known.
///
/// Recording checks each shape once; a plan then only follows the list. Most models are composed with ``Sequential`` and
/// ``Residual``; a ``Model`` of your own can call these functions for any other topology.
public struct Graph: Sendable {
  /// A value in the graph.
  public struct Node: Sendable, Hashable {
    /// The value's position among the graph's values; the input is 0.
    let index: Int
    /// The shape of one example.
    public let shape: Shape
  }

  /// What makes a value.
  enum Operation: Sendable {
    case layer(any Layer, LayerRecord)
    case sum(Int, Int)
    case concatenation([Int])

    /// The values that the operation reads.
    var inputs: [Int] {
      switch self {
      case .layer(_, let record): [record.input]
      case .sum(let a, let b): [a, b]
      case .concatenation(let parts): parts
      }
    }
  }

  /// What a graph knows about a layer that it applies.
  struct LayerRecord: Sendable, Hashable {
    let name: String
    let input: Int
    let inputShape: Shape
    let outputShape: Shape
    let parameters: [ParameterSpecification]
  }

  /// The operation that makes value `i + 1`.
  private(set) var operations: [Operation] = []
  /// The shape of each value as it was made.
  private(set) var shapes: [Shape]
  private var scopes: [String] = []

  init(inputShape: Shape) { shapes = [inputShape] }

  /// The network's input.
  public var input: Node { Node(index: 0, shape: shapes[0]) }

  /// Applies `layer` to `input`; with a name, its parameters are called `name.weight` and so on.
  public mutating func apply(_ layer: some Layer, to input: Node, name: String? = nil) throws(ModelError) -> Node {
    if let name {
      return try scope(name) { (graph) throws(ModelError) in try graph.apply(layer, to: input) }
    }
    let path = scopes.joined(separator: ".")
    let label = path.isEmpty ? "\(type(of: layer))" : path
    let outputShape: Shape
    do throws(ShapeError) {
      outputShape = try layer.outputShape(for: input.shape)
    } catch {
      throw ModelError(layer: label, reason: error.description)
    }
    operations.append(
      .layer(
        layer,
        LayerRecord(
          name: path, input: input.index, inputShape: input.shape, outputShape: outputShape,
          parameters: layer.parameters(for: input.shape))))
    shapes.append(outputShape)
    return Node(index: shapes.count - 1, shape: outputShape)
  }

  /// Adds two values of one shape.
  public mutating func add(_ a: Node, _ b: Node) throws(ModelError) -> Node {
    guard a.shape == b.shape else {
      throw ModelError(
        layer: scopes.joined(separator: "."),
        reason: "Values of shape \(a.shape) and \(b.shape) cannot be added; both must have one shape.")
    }
    operations.append(.sum(a.index, b.index))
    shapes.append(a.shape)
    return Node(index: shapes.count - 1, shape: a.shape)
  }

  /// Puts values one behind the other along their first size: the channels of images, the features of vectors. All other
  /// sizes must be equal.
  public mutating func concatenate(_ nodes: [Node]) throws(ModelError) -> Node {
    guard !nodes.isEmpty else {
      throw ModelError(layer: scopes.joined(separator: "."), reason: "There is nothing to concatenate.")
    }
    guard let first = nodes.first, nodes.allSatisfy({ $0.shape.rank >= 1 }),
      nodes.allSatisfy({ $0.shape.dimensions.dropFirst() == first.shape.dimensions.dropFirst() })
    else {
      throw ModelError(
        layer: scopes.joined(separator: "."),
        reason: "Values of shape \(nodes.map(\.shape.description).joined(separator: ", ")) cannot be concatenated; all "
          + "sizes but the first must be equal.")
    }
    // A value that is there twice, or under another shape, is copied like any other.
    let shape = Shape([nodes.reduce(0) { $0 + $1.shape[0] }] + first.shape.dimensions.dropFirst())
    operations.append(.concatenation(nodes.map(\.index)))
    shapes.append(shape)
    return Node(index: shapes.count - 1, shape: shape)
  }

  /// The same values seen under another shape with as many elements. Costs nothing when the plan runs.
  public func reshape(_ node: Node, to shape: Shape) throws(ModelError) -> Node {
    guard node.shape.count == shape.count else {
      throw ModelError(
        layer: scopes.joined(separator: "."),
        reason: "A value of shape \(node.shape) has \(node.shape.count) elements, and cannot be seen as \(shape).")
    }
    return Node(index: node.index, shape: shape)
  }

  /// Records a part of a list, called by its position unless it has a name.
  mutating func apply(_ part: any Model, at position: Int, to input: Node) throws(ModelError) -> Node {
    if part is Named { return try part.record(input, in: &self) }
    return try scope(String(position)) { (graph) throws(ModelError) in try part.record(input, in: &graph) }
  }

  /// Records `body` with `name` in front of all parameter names.
  public mutating func scope(
    _ name: String, _ body: (inout Graph) throws(ModelError) -> Node
  ) throws(ModelError) -> Node {
    scopes.append(name)
    defer { scopes.removeLast() }
    return try body(&self)
  }
}
