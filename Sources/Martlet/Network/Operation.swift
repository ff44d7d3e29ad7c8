import Kernels

/// One thing that a plan runs: what is computed from which values, and into which.
///
/// A class, so that threads that run it at the same time count references to one object rather than to each of its parts:
/// counting is slow where several processors do it at once.
final class Operation: Sendable {
  /// What an operation does.
  enum Kind: Sendable {
    /// A layer, with others that it has absorbed.
    case layer(any Layer)
    /// Of two values; it may have absorbed a ReLU.
    case sum(rectifies: Bool)
    case concatenation
  }

  /// The layer's name: `conv1`; empty for one without.
  let name: String
  let kind: Kind
  /// The layer that it runs, unless it is a sum or a concatenation.
  let layer: (any Layer)?
  /// The values that it reads.
  let inputs: [Int]
  /// The value that it makes. With absorbed layers, the values between them are never made.
  let output: Int
  /// The shape of one input, as the layer sees it.
  let inputShape: Shape
  let outputShape: Shape
  /// The positions of its parameters among those of the network.
  let parameters: Range<Int>
  let memory: LayerMemory
  let cost: LayerCost
  /// What it has absorbed, for people to read: `ReLU`.
  let absorbed: [String]
  /// The order of the output's elements.
  let outputLayout: ImageLayout

  init(
    name: String, kind: Kind, inputs: [Int], output: Int, inputShape: Shape, outputShape: Shape,
    parameters: Range<Int>, memory: LayerMemory, cost: LayerCost, absorbed: [String], outputLayout: ImageLayout
  ) {
    self.name = name
    self.kind = kind
    layer = if case .layer(let layer) = kind { layer } else { nil }
    self.inputs = inputs
    self.output = output
    self.inputShape = inputShape
    self.outputShape = outputShape
    self.parameters = parameters
    self.memory = memory
    self.cost = cost
    self.absorbed = absorbed
    self.outputLayout = outputLayout
  }

  /// The same operation in memory of its own, for a thread that would otherwise count references together with others.
  func copy() -> Operation {
    func own(_ shape: Shape) -> Shape { Shape(shape.dimensions.map { $0 }) }
    func own(_ layer: some Layer) -> any Layer { layer }
    let kind: Kind = if let layer { .layer(own(layer)) } else { kind }
    return Operation(
      name: name, kind: kind, inputs: inputs.map { $0 }, output: output, inputShape: own(inputShape),
      outputShape: own(outputShape), parameters: parameters, memory: memory, cost: cost, absorbed: absorbed,
      outputLayout: outputLayout)
  }

  /// The output units of a layer that divides them.
  var unitCount: Int { outputShape.rank == 0 ? 1 : outputShape[0] }

  /// Whether a training step needs sums over the whole batch.
  var hasSums: Bool { memory.forwardSums > 0 || memory.backwardSums > 0 }

  /// What the way back reads of inputs and outputs.
  var backwardReads: LayerMemory.Values {
    switch kind {
    case .layer: memory.backwardReads
    case .sum(let rectifies): rectifies ? .output : []
    case .concatenation: []
    }
  }
}

/// A network's operations in the order in which they run: for training, or, with more of them absorbed, for inference.
struct OperationList: Sendable {
  let operations: [Operation]
  /// The elements of each value; value 0 is the input, and values that are never made have none.
  let valueCounts: [Int]

  /// The scratch memory that one thread needs.
  var workspaceCount: Int { operations.map(\.memory.workspace).max() ?? 0 }

  /// Whether a training step needs sums over the whole batch, and so has several phases of rows.
  var hasSums: Bool { operations.contains(where: \.hasSums) }

  /// The multiply-adds of a forward pass of one row.
  var forwardCost: Int { operations.reduce(0) { $0 + $1.cost.forward } }

  /// The floats of one row: values, their gradients, and what is saved of them.
  var rowSize: Int { operations.reduce(2 * valueCounts.reduce(0, +)) { $0 + $1.memory.saved } }
}
