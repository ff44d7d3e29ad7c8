import Kernels

/// The way back: from the logits' gradients to those of all values that depend on a parameter. Threads own rows.
struct BackwardSweep: Sendable {
  /// The gradient of each value, (batchSize, shape), or nil where nobody needs it.
  let gradients: [ArenaBuffer?]
  /// One value's gradient from a second consumer, before it is added to that of the first: (batchSize, addendWidth).
  /// Its rows have one width for all values, since threads come to different values at different times.
  private let addend: ArenaBuffer
  private let addendWidth: Int
  /// For each operation and each of its inputs, whether another operation has written the input's gradient before.
  let accumulates: [[Bool]]

  init(_ forward: ForwardSweep, layout: inout ArenaLayout) {
    let recording = forward.recording
    gradients = recording.valueShapes.indices.map { value in
      recording.needsGradient[value] ? layout.reserve(forward.values[value].count) : nil
    }
    var isWritten = Array(repeating: false, count: recording.valueShapes.count)
    var accumulates: [[Bool]] = []
    var addendWidth = 0
    for operation in recording.operations.reversed() {
      accumulates.append(
        operation.inputs.map { input in
          defer { isWritten[input] = true }
          if isWritten[input] { addendWidth = max(addendWidth, recording.valueShapes[input].count) }
          return isWritten[input]
        })
    }
    self.accumulates = accumulates.reversed()
    self.addendWidth = addendWidth
    addend = layout.reserve(forward.batchSize * addendWidth)
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
        let start = rows.lowerBound * addendWidth
        let destination = accumulate ? addend.part(start..<start + inputGradient.count) : inputGradient
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
        pass(outputGradient, to: gradient(a, rows, forward), accumulate: accumulates[index][0], arena)
        pass(outputGradient, to: gradient(b, rows, forward), accumulate: accumulates[index][1], arena)
      }
    }
  }

  /// A sum's gradient is that of each of its parts.
  private func pass(_ gradient: ArenaBuffer, to part: ArenaBuffer?, accumulate: Bool, _ arena: Arena) {
    guard let part else { return }
    var target = arena.mutableSpan(part)
    if accumulate {
      Kernel.accumulate(arena.span(gradient), into: &target)
    } else {
      Kernel.copy(arena.span(gradient), into: &target)
    }
  }
}
