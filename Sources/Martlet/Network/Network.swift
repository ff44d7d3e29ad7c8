/// A model recorded for one input shape: its operations in order, all shapes checked, its parameters named.
///
/// Recording is the one place where a model can turn out not to fit its input. Everything else takes a network, and cannot
/// fail for that reason.
///
/// ```swift
/// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
/// print(network.outputShape)  // (10,)
/// ```
public struct Network: Sendable {
  let steps: [RecordedStep]
  /// The shape of one input.
  public let inputShape: Shape
  /// The shape of one output: (classes), or (classes, positions).
  public let outputShape: Shape
  /// The value that is the network's output.
  let output: Int
  /// The elements of each value; value 0 is the input, and values that fusion left out have none.
  let valueCounts: [Int]
  /// For each value, whether it depends on any parameter, and so needs a gradient.
  let needsGradient: [Bool]
  /// All parameters in order.
  let parameters: [RecordedParameter]

  struct RecordedParameter: Sendable {
    let name: String
    let specification: ParameterSpecification

    /// The units that threads share out.
    var unitCount: Int { specification.shape.rank == 0 ? 1 : max(1, specification.shape[0]) }
  }

  /// Records `model` for inputs of shape `inputShape`.
  ///
  /// - Throws: ``ModelError`` if the model does not fit the input shape.
  public init(_ model: some Model, inputShape: Shape) throws(ModelError) {
    var graph = Graph(inputShape: inputShape)
    let output = try model.record(graph.input, in: &graph)
    let operations = graph.operations
    self.inputShape = inputShape
    outputShape = output.shape
    self.output = output.index

    var needsGradient = [false]
    var isUsed = Array(repeating: false, count: graph.shapes.count)
    isUsed[output.index] = true
    var parameters: [RecordedParameter] = []
    var ranges: [Range<Int>] = []
    for operation in operations {
      let first = parameters.count
      for input in operation.inputs { isUsed[input] = true }
      if case .layer(_, let record) = operation {
        for specification in record.parameters {
          let name = record.name.isEmpty ? specification.name : "\(record.name).\(specification.name)"
          guard !parameters.contains(where: { $0.name == name }) else {
            throw ModelError(
              layer: record.name, reason: "Two layers of this name have a '\(specification.name)'; names must differ.")
          }
          parameters.append(RecordedParameter(name: name, specification: specification))
        }
      }
      needsGradient.append(parameters.count > first || operation.inputs.contains { needsGradient[$0] })
      ranges.append(first..<parameters.count)
    }
    if let unused = isUsed.dropFirst().firstIndex(of: false) {
      var name = ""
      if case .layer(_, let record) = operations[unused - 1] { name = record.name }
      throw ModelError(layer: name, reason: "The output of this part is used nowhere; remove it, or return it.")
    }
    guard output.shape.rank >= 1 else {
      throw ModelError(layer: "", reason: "The model's output is one number without a shape; give it the shape [1].")
    }
    self.needsGradient = needsGradient
    self.parameters = parameters
    steps = Fusion(graph, output: output.index).steps(parametersOfOperation: ranges)
    var counts = Array(repeating: 0, count: graph.shapes.count)
    for value in [0] + steps.map(\.output) { counts[value] = graph.shapes[value].count }
    valueCounts = counts
  }

  /// The parameters' first values.
  func initialParameters(seed: UInt64) -> Parameters {
    let source = RandomSource(seed: seed)
    return Parameters(
      parameters.map { ($0.name, $0.specification.shape) },
      values: parameters.flatMap {
        $0.specification.initializer.values($0.specification.shape.count, from: source.stream($0.name))
      })
  }

  /// The scratch memory that one thread needs.
  var workspaceCount: Int { steps.map { $0.stage?.workspaceCount ?? 0 }.max() ?? 0 }

  /// The multiply-adds of a forward pass of one row.
  var forwardCost: Int { steps.reduce(0) { $0 + ($1.stage?.forwardCost ?? 0) } }

  /// The floats of one row: values, their gradients, and what is kept of them.
  var rowCount: Int {
    steps.reduce(2 * valueCounts.reduce(0, +)) { $0 + ($1.stage?.keptCount ?? 0) }
  }

  /// The rows of a large batch whose gradients are computed before the next ones start: some megabytes of them, so that
  /// they are still in a cache when the parameters' owners come to them. From shapes alone, since sums depend on it.
  var partSize: Int { max(32, 2_097_152 / max(1, rowCount)) }
}
