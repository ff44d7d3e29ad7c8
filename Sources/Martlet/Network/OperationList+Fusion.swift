import Kernels

/// A layer whose images may have their channels last in memory.
protocol ImageLayer: Layer {
  /// Whether its output has the layout of its input; otherwise it reads and writes either.
  var keepsLayout: Bool { get }

  /// This layer with its input and output in the given layouts.
  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer
}

extension OperationList {
  /// The operations of a graph. A layer absorbs those that follow it, as far as it can and nobody else reads the values between.
  ///
  /// - Parameters:
  ///   - output: the value that is the network's output.
  ///   - parameters: the positions of each graph operation's parameters.
  ///   - isTraining: whether there will be a way back.
  init(
    _ graph: Graph, output: Int, parameters: [Range<Int>], isTraining: Bool
  ) {
    var readers = Array(repeating: [Int](), count: graph.shapes.count)
    for (index, operation) in graph.operations.enumerated() {
      for input in operation.inputs { readers[input].append(index) }
    }
    var isAbsorbed = Array(repeating: false, count: graph.operations.count)
    var operations: [Operation] = []
    for (index, operation) in graph.operations.enumerated() where !isAbsorbed[index] {
      guard case .layer(let first, let record) = operation else {
        var (kind, value, absorbed) = (Operation.Kind.concatenation, index + 1, [String]())
        let isSum = if case .sum = operation { true } else { false }
        if isSum {
          // A ReLU is computed together with the sum.
          if value != output, readers[value].count == 1, let next = readers[value].first,
            case .layer(let layer, let record) = graph.operations[next], layer is ReLU,
            record.inputShape == graph.shapes[value]
          {
            absorbed.append("\(type(of: layer))")
            isAbsorbed[next] = true
            value = next + 1
          }
          kind = .sum(rectifies: !absorbed.isEmpty)
        }
        operations.append(
          Operation(
            name: "", kind: kind, inputs: operation.inputs, output: value,
            // Inputs may be other shapes of the same elements: the sum sees them as its output.
            inputShape: isSum ? graph.shapes[index + 1] : graph.shapes[operation.inputs[0]],
            outputShape: graph.shapes[value], parameters: parameters[index], memory: LayerMemory(), cost: LayerCost(),
            absorbed: absorbed,
            outputLayout: .channelsFirst))
        continue
      }
      var (layer, value, range, absorbed) = (first, index + 1, parameters[index], [String]())
      while value != output, readers[value].count == 1, let next = readers[value].first,
        case .layer(let nextLayer, let nextRecord) = graph.operations[next],
        nextRecord.inputShape == graph.shapes[value],
        parameters[next].isEmpty || parameters[next].lowerBound == range.upperBound,
        let fused = layer.absorbing(nextLayer, input: record.inputShape, isTraining: isTraining)
      {
        layer = fused
        if !parameters[next].isEmpty { range = range.lowerBound..<parameters[next].upperBound }
        absorbed.append("\(type(of: nextLayer))")
        isAbsorbed[next] = true
        value = next + 1
      }
      operations.append(
        Operation(
          name: record.name, kind: .layer(layer), inputs: [record.input], output: value,
          inputShape: record.inputShape, outputShape: graph.shapes[value], parameters: range,
          memory: layer.memory(for: record.inputShape), cost: layer.cost(for: record.inputShape), absorbed: absorbed,
          outputLayout: .channelsFirst))
    }
    var counts = Array(repeating: 0, count: graph.shapes.count)
    for value in [0] + operations.map(\.output) { counts[value] = graph.shapes[value].count }
    self.operations = Self.laidOut(operations, shapes: graph.shapes, output: output)
    valueCounts = counts
  }

  /// The same operations with the layout of each value decided.
  ///
  /// Values that pass from convolution to convolution, or to pooling over whole images, also through what keeps the layout, have their
  /// channels last. Everybody else sees them first, the network's input and output among them.
  private static func laidOut(_ operations: [Operation], shapes: [Shape], output: Int) -> [Operation] {
    // Values of one layout belong together; each points to another of its group, or to itself.
    var group = Array(shapes.indices)
    func root(_ value: Int) -> Int {
      var value = value
      while group[value] != value { value = group[value] }
      return value
    }
    var isFixed = Array(repeating: false, count: shapes.count)
    var (isMade, isRead) = (isFixed, isFixed)
    isFixed[0] = true
    isFixed[output] = true
    for operation in operations {
      let values = operation.inputs + [operation.output]
      let seesImages = operation.inputs.allSatisfy { shapes[$0].rank == 3 && shapes[$0] == operation.inputShape }
      let layer = operation.layer as? any ImageLayer
      switch operation.kind {
      case .layer where layer?.keepsLayout == true && seesImages && operation.outputShape.hasOnePosition:
        // Both layouts of the output are the same, so it may be reshaped whatever the input's is.
        isRead[operation.inputs[0]] = true
      case .sum where seesImages, .layer where layer?.keepsLayout == true && seesImages:
        for value in values { group[root(value)] = root(operation.output) }
      case .layer where layer?.keepsLayout == false && seesImages:
        isRead[operation.inputs[0]] = true
        isMade[operation.output] = true
      case .layer, .sum, .concatenation:
        for value in values { isFixed[value] = true }
      }
    }
    var (fixed, made, read) = (Set<Int>(), Set<Int>(), Set<Int>())
    for value in shapes.indices {
      if isFixed[value] { fixed.insert(root(value)) }
      if isMade[value] { made.insert(root(value)) }
      if isRead[value] { read.insert(root(value)) }
    }
    let last = made.intersection(read).subtracting(fixed)
    func layout(_ value: Int) -> ImageLayout { last.contains(root(value)) ? .channelsLast : .channelsFirst }
    return operations.map { operation in
      let (input, output) = (layout(operation.inputs[0]), layout(operation.output))
      var kind = operation.kind
      if let layer = operation.layer as? any ImageLayer { kind = .layer(layer.laidOut(input: input, output: output)) }
      return Operation(
        name: operation.name, kind: kind, inputs: operation.inputs, output: operation.output,
        inputShape: operation.inputShape, outputShape: operation.outputShape, parameters: operation.parameters,
        memory: operation.memory, cost: operation.cost, absorbed: operation.absorbed, outputLayout: output)
    }
  }
}

extension Shape {
  /// Whether it is an image of one pixel.
  fileprivate var hasOnePosition: Bool { rank == 3 && self[1] == 1 && self[2] == 1 }
}
