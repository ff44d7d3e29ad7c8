import Kernels

/// The way back: from the logits' gradients to those of all values that depend on a parameter. Threads own rows.
struct BackwardSweep: Sendable {
  /// The gradient of each value, (batchSize, shape), or nil where nobody needs it.
  let gradients: [ArenaBuffer?]
  /// One value's gradient from a second consumer, before it is added to that of the first.
  let addend: ArenaBuffer
  /// For each operation and each of its inputs, whether another operation has written the input's gradient before.
  let accumulates: [[Bool]]

  init(_ forward: ForwardSweep, layout: inout ArenaLayout) {
    let recording = forward.recording
    gradients = recording.valueShapes.indices.map { value in
      recording.needsGradient[value] ? layout.reserve(forward.values[value].count) : nil
    }
    var isWritten = Array(repeating: false, count: recording.valueShapes.count)
    var accumulates: [[Bool]] = []
    var addendCount = 0
    for operation in recording.operations.reversed() {
      accumulates.append(
        operation.inputs.map { input in
          defer { isWritten[input] = true }
          if isWritten[input] { addendCount = max(addendCount, forward.values[input].count) }
          return isWritten[input]
        })
    }
    self.accumulates = accumulates.reversed()
    addend = layout.reserve(addendCount)
  }

  /// The rows `rows` of the gradient of value `index`, or nil where nobody needs it.
  func gradient(_ index: Int, _ rows: Range<Int>, _ forward: ForwardSweep) -> ArenaBuffer? {
    gradients[index]?.rows(rows, width: forward.recording.valueShapes[index].count)
  }

  /// Computes all gradients of `rows`, whose logits' gradients are there already.
  func run(_ forward: ForwardSweep, rows: Range<Int>, thread: Int, arena: Arena) {
    let recording = forward.recording
    var workspace = arena.mutableSpan(forward.workspaces[thread])
    for index in recording.operations.indices.reversed() {
      guard let outputGradient = gradient(index + 1, rows, forward) else { continue }
      switch recording.operations[index] {
      case .layer(let layer, let record):
        guard let inputGradient = gradient(record.input, rows, forward) else { continue }
        let accumulate = accumulates[index][0]
        let destination =
          accumulate ? addend.rows(rows, width: inputGradient.count / max(1, rows.count)) : inputGradient
        var target = arena.mutableSpan(destination)
        layer.backward(
          LayerGeometry(rows: rows.count, input: record.inputShape, output: record.outputShape),
          input: arena.span(forward.value(record.input, rows)), parameters: arena.span(forward.parameters[index]),
          outputGradient: arena.span(outputGradient), inputGradient: &target, workspace: &workspace)
        if accumulate {
          var sum = arena.mutableSpan(inputGradient)
          Kernel.accumulate(arena.span(destination), into: &sum)
        }
      case .sum(let a, let b):
        for (position, input) in [a, b].enumerated() {
          guard let inputGradient = gradient(input, rows, forward) else { continue }
          var target = arena.mutableSpan(inputGradient)
          if accumulates[index][position] {
            Kernel.accumulate(arena.span(outputGradient), into: &target)
          } else {
            Kernel.copy(arena.span(outputGradient), into: &target)
          }
        }
      }
    }
  }
}

extension Graph.Operation {
  /// The values that the operation reads.
  var inputs: [Int] {
    switch self {
    case .layer(_, let record): [record.input]
    case .sum(let a, let b): [a, b]
    }
  }
}
