import Kernels

/// One step of a recorded network: what is computed from which values, and into which.
struct RecordedStep: Sendable {
  /// What a step does.
  enum Kind: Sendable {
    case stage(any Stage)
    case sum
  }

  let kind: Kind
  /// The values that it reads.
  let inputs: [Int]
  /// The value that it makes. With fused layers, the values between them are never made.
  let output: Int
  /// The positions of its parameters among those of the network.
  let parameters: Range<Int>

  /// What it runs, unless it is a sum.
  var stage: (any Stage)? {
    switch kind {
    case .stage(let stage): stage
    case .sum: nil
    }
  }
}

/// Turns a graph's operations into steps, and fuses a rectifier and 2×2 max-pooling to the convolution or linear layer
/// before them where nobody else reads what is between.
struct Fusion {
  private let operations: [Graph.Operation]
  private let shapes: [Shape]
  private let output: Int
  /// For each value, the operations that read it.
  private let readers: [[Int]]

  init(_ graph: Graph, output: Int) {
    operations = graph.operations
    shapes = graph.shapes
    self.output = output
    var readers = Array(repeating: [Int](), count: graph.shapes.count)
    for (index, operation) in graph.operations.enumerated() {
      for input in operation.inputs { readers[input].append(index) }
    }
    self.readers = readers
  }

  /// The steps in the order in which they run.
  func steps(parametersOfOperation: [Range<Int>]) -> [RecordedStep] {
    var isFused = Array(repeating: false, count: operations.count)
    return operations.indices.compactMap { index in
      guard !isFused[index] else { return nil }
      guard case .layer(let layer, let record) = operations[index] else {
        return RecordedStep(
          kind: .sum, inputs: operations[index].inputs, output: index + 1, parameters: parametersOfOperation[index])
      }
      var last = index + 1
      let stage: any Stage
      switch layer {
      case let convolution as Conv2d:
        let tail = tail(of: index, pooling: convolution.geometry(for: record.inputShape))
        tail.operations.forEach { isFused[$0] = true }
        last = tail.operations.last.map { $0 + 1 } ?? last
        stage = ConvolutionStage(
          block: ConvolutionBlock(
            convolution.geometry(for: record.inputShape), rectifies: tail.rectifies, pools: tail.pools,
            inputLayout: layout(of: record.input), outputLayout: layout(of: last)))
      case let linear as Linear:
        let tail = tail(of: index, pooling: nil)
        tail.operations.forEach { isFused[$0] = true }
        last = tail.operations.last.map { $0 + 1 } ?? last
        stage = LinearStage(
          inputs: linear.inputFeatures, outputs: linear.outputFeatures, rectifies: tail.rectifies)
      default:
        stage = LayerStage(layer: layer, inputShape: record.inputShape, outputShape: record.outputShape)
      }
      return RecordedStep(
        kind: .stage(stage), inputs: [record.input], output: last, parameters: parametersOfOperation[index])
    }
  }

  /// The rectifier and the pooling right behind an operation, in either order: a maximum is the same before and after.
  private func tail(
    of index: Int, pooling geometry: ConvolutionGeometry?
  ) -> (operations: [Int], rectifies: Bool, pools: Bool) {
    var result = (operations: [Int](), rectifies: false, pools: false)
    var value = index + 1
    while value != output, readers[value].count == 1, let next = readers[value].first,
      case .layer(let layer, let record) = operations[next], record.inputShape == shapes[value]
    {
      if layer is ReLU, !result.rectifies {
        result.rectifies = true
      } else if let pool = layer as? MaxPool2d, pool == MaxPool2d(2), !result.pools, let geometry, geometry.isDense {
        result.pools = true
      } else {
        break
      }
      result.operations.append(next)
      value = next + 1
    }
    return result
  }

  /// Values that pass from one convolution to the next have their channels last; everybody else sees them first.
  private func layout(of value: Int) -> ImageLayout {
    guard value != 0, value != output, isMadeByConvolution(value) else { return .channelsFirst }
    let isReadByConvolutions = readers[value].allSatisfy { reader in
      guard case .layer(let layer, let record) = operations[reader] else { return false }
      return layer is Conv2d && record.inputShape == shapes[value]
    }
    return isReadByConvolutions ? .channelsLast : .channelsFirst
  }

  /// Whether a value comes out of a convolution or of what is fused to one.
  private func isMadeByConvolution(_ value: Int) -> Bool {
    guard case .layer(let layer, let record) = operations[value - 1] else { return false }
    if layer is Conv2d { return true }
    var source = record.input
    while source > 0, case .layer(let layer, let record) = operations[source - 1] {
      if let convolution = layer as? Conv2d {
        return tail(of: source - 1, pooling: convolution.geometry(for: record.inputShape)).operations
          .contains(value - 1)
      }
      source = record.input
    }
    return false
  }
}
