import Kernels
import Requirements

/// The first half of any plan: memory for values and parameters, and the way forward through them.
///
/// Threads own rows here: each runs its rows through the whole network without meeting another thread.
struct ForwardSweep: Sendable {
  let recording: Recording
  /// The most rows of a batch.
  let batchSize: Int
  /// Each value, (batchSize, shape).
  let values: [ArenaBuffer]
  /// Each operation's parameters, one behind the other.
  let parameters: [ArenaBuffer]
  /// One workspace a thread.
  let workspaces: [ArenaBuffer]

  init(_ recording: Recording, batchSize: Int, threadCount: Int, layout: inout ArenaLayout) {
    require(batchSize >= 1, "A batch must have room for at least one example, not \(batchSize).")
    self.recording = recording
    self.batchSize = batchSize
    values = recording.valueShapes.map { layout.reserve(batchSize * $0.count) }
    parameters = recording.parametersOfOperation.map { range in
      layout.reserve(recording.parameters[range].reduce(0) { $0 + $1.specification.shape.count })
    }
    workspaces = (0..<threadCount).map { _ in layout.reserve(recording.workspaceCount) }
  }

  /// The rows `rows` of value `index`.
  func value(_ index: Int, _ rows: Range<Int>) -> ArenaBuffer {
    values[index].rows(rows, width: recording.valueShapes[index].count)
  }

  /// Reads the inputs of `rows`, and computes all values.
  func run(
    _ inputs: any InputSource, _ indices: ArraySlice<Int>, rows: Range<Int>, thread: Int, arena: Arena
  ) {
    for row in rows {
      var input = arena.mutableSpan(value(0, row..<row + 1))
      inputs.read(indices[indices.startIndex + row], into: &input)
    }
    var workspace = arena.mutableSpan(workspaces[thread])
    for (index, operation) in recording.operations.enumerated() {
      var output = arena.mutableSpan(value(index + 1, rows))
      switch operation {
      case .layer(let layer, let record):
        layer.forward(
          LayerGeometry(rows: rows.count, input: record.inputShape, output: record.outputShape),
          input: arena.span(value(record.input, rows)), parameters: arena.span(parameters[index]), output: &output,
          workspace: &workspace)
      case .sum(let a, let b):
        Kernel.add(arena.span(value(a, rows)), arena.span(value(b, rows)), into: &output)
      }
    }
  }

  /// Copies `source` into the arena.
  func load(_ source: Parameters, arena: Arena) {
    require(
      source.entries.map(\.name) == recording.parameters.map(\.name)
        && source.entries.map(\.shape) == recording.parameters.map(\.specification.shape),
      "These parameters belong to another model.")
    var offset = 0
    for buffer in parameters {
      var target = arena.mutableSpan(buffer)
      Kernel.copy(source.values.span.extracting(offset..<offset + buffer.count), into: &target)
      offset += buffer.count
    }
  }

  /// Copies what `buffers`, one for each operation, hold out of the arena.
  func copyParameters(from buffers: [ArenaBuffer], arena: Arena) -> Parameters {
    var values: [Float] = []
    values.reserveCapacity(buffers.reduce(0) { $0 + $1.count })
    for buffer in buffers {
      let span = arena.span(buffer)
      for index in span.indices { values.append(span[index]) }
    }
    return Parameters(recording.parameters.map { ($0.name, $0.specification.shape) }, values: values)
  }
}
