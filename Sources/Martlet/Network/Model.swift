/// Anything that can be recorded into a graph: a layer, a sequence of them, or a topology of your own.
///
/// ```swift
/// struct TwoBranches: Model {
///   func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
///     let left = try graph.apply(Linear(8, 4), to: input, name: "left")
///     let right = try graph.apply(Linear(8, 4), to: input, name: "right")
///     return try graph.add(left, right)
///   }
/// }
/// ```
public protocol Model: Sendable {
  /// Adds this model's operations on `input` to `graph`, and returns its output.
  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node
}

extension Model {
  /// This model under a name, which its parameters' names start with: `conv1.weight`.
  public func named(_ name: String) -> Named { Named(name: name, model: self) }
}

/// A model with a name.
public struct Named: Model {
  /// The name.
  public let name: String
  /// The model.
  public let model: any Model

  /// Records the model in a scope of that name.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    try graph.scope(name) { (graph) throws(ModelError) in try model.record(input, in: &graph) }
  }
}

/// Why a model cannot be recorded: which layer, and what is wrong.
public struct ModelError: Error, Hashable, CustomStringConvertible {
  /// The layer's name, `conv2`; empty when the whole model is meant.
  public let layer: String
  /// What was found and what was expected, as a sentence.
  public let reason: String

  /// An error about a layer.
  public init(layer: String, reason: String) {
    self.layer = layer
    self.reason = reason
  }

  /// The layer and the reason.
  public var description: String { layer.isEmpty ? reason : "\(layer): \(reason)" }
}
