import Kernels

/// A model recorded for one input shape: its operations in order, all shapes checked, its parameters named.
///
/// Recording is the one place where a model can turn out not to fit its input. Everything else takes a network, and cannot
/// fail for that reason.
///
/// ```swift
/// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
/// print(network.outputShape, network.parameters.count)  // (10,) 10
/// ```
public struct Network: Sendable {
  /// One parameter.
  public struct Parameter: Sendable, Hashable {
    /// The name: `conv1.weight`.
    public let name: String
    /// The shape, units first: (6, 3, 5, 5).
    public var shape: Shape { specification.shape }
    /// What it is for.
    public var role: ParameterRole { specification.role }
    let specification: ParameterSpecification
  }

  /// The shape of one input.
  public let inputShape: Shape
  /// The shape of one output: (classes), or (classes, positions).
  public let outputShape: Shape
  /// All parameters, in the order in which the model applies them.
  public let parameters: [Parameter]
  /// The fewest rows of a training step: 2 if a layer needs the spread of its inputs over the batch, and 1 otherwise.
  public let minimumRows: Int

  /// What a training plan runs.
  let training: OperationList
  /// What an inference plan runs.
  let inference: OperationList
  /// The value that is the output.
  let output: Int
  /// What was recorded, before anything was absorbed.
  let graph: Graph
  /// Tells copies of one network from networks that were recorded separately.
  private let recording = Recording()

  private final class Recording: Sendable {}

  /// Records `model` for inputs of shape `inputShape`.
  ///
  /// - Throws: ``ModelError`` if the model does not fit the input shape.
  public init(_ model: some Model, inputShape: Shape) throws(ModelError) {
    var graph = Graph(inputShape: inputShape)
    let output = try model.record(graph.input, in: &graph)
    self.inputShape = inputShape
    outputShape = output.shape
    self.output = output.index
    self.graph = graph

    var isUsed = Array(repeating: false, count: graph.shapes.count)
    isUsed[output.index] = true
    var parameters: [Parameter] = []
    var ranges: [Range<Int>] = []
    var minimumRows = 1
    for operation in graph.operations {
      let first = parameters.count
      for input in operation.inputs { isUsed[input] = true }
      if case .layer(let layer, let record) = operation {
        minimumRows = max(minimumRows, layer.minimumRows(for: record.inputShape))
        for specification in record.parameters {
          let name = record.name.isEmpty ? specification.name : "\(record.name).\(specification.name)"
          guard !parameters.contains(where: { $0.name == name }) else {
            throw ModelError(
              layer: record.name, reason: "Two layers of this name have a '\(specification.name)'; names must differ.")
          }
          parameters.append(Parameter(name: name, specification: specification))
        }
      }
      ranges.append(first..<parameters.count)
    }
    if let unused = isUsed.dropFirst().firstIndex(of: false) {
      var name = ""
      if case .layer(_, let record) = graph.operations[unused - 1] { name = record.name }
      throw ModelError(layer: name, reason: "The output of this part is used nowhere; remove it, or return it.")
    }
    guard output.shape.rank >= 1 else {
      throw ModelError(layer: "", reason: "The model's output is one number without a shape; give it the shape [1].")
    }
    self.parameters = parameters
    self.minimumRows = minimumRows
    training = OperationList(graph, output: output.index, parameters: ranges, isTraining: true)
    inference = OperationList(graph, output: output.index, parameters: ranges, isTraining: false)
  }

  /// The parameters' first values.
  func initialParameters(seed: UInt64) -> Parameters {
    let source = RandomSource(seed: seed)
    return Parameters(
      parameters.map { ($0.name, $0.shape) },
      values: parameters.flatMap {
        $0.specification.initializer.values($0.shape, from: source.stream($0.name))
      })
  }

  /// The number of all parameters' elements, statistics among them.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.count } }

  /// The multiply-adds of a forward pass of one row.
  public var forwardCost: Int { training.forwardCost }

  /// The rows of a large batch whose gradients are computed before the next ones start: some megabytes of them, so that
  /// they are still in a cache when the parameters' owners come to them. From shapes alone, since sums depend on it.
  /// Where rows need each other, the whole batch is one part.
  func partSize(batchSize: Int) -> Int {
    training.hasSums
      ? batchSize : min(batchSize, max(32, 2_097_152 / max(1, training.rowSize)))
  }

  /// The rows that a thread takes through a phase before the next ones start, where nothing else says so.
  var chunkSize: Int { max(16, 524_288 / max(1, training.rowSize)) }
}

extension Network: Equatable {
  /// Whether two networks compute the same: copies of one recording, or the same layers on the same values. Layers that
  /// cannot be compared are equal only within one recording.
  public static func == (first: Network, second: Network) -> Bool {
    if first.recording === second.recording { return true }
    return first.inputShape == second.inputShape && first.output == second.output
      && first.outputShape == second.outputShape && first.graph.shapes == second.graph.shapes
      && first.parameters == second.parameters && first.graph.operations == second.graph.operations
  }
}

extension Graph.Operation: Equatable {
  static func == (first: Self, second: Self) -> Bool {
    switch (first, second) {
    case (.sum(let a, let b), .sum(let c, let d)): a == c && b == d
    case (.concatenation(let a), .concatenation(let b)): a == b
    case (.layer(let a, let recordA), .layer(let b, let recordB)):
      if recordA == recordB, let a = a as? any Hashable, let b = b as? any Hashable {
        AnyHashable(a) == AnyHashable(b)
      } else {
        false
      }
    default: false
    }
  }
}
