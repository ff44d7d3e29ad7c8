import Kernels
import Requirements

/// The first half of any plan: memory for values and parameters, and the way forward through them.
///
/// Threads own rows here: each runs its rows through the whole network without meeting another thread, except in shared
/// steps.
struct ForwardSweep: Sendable {
  let network: Network
  /// The most rows that there is memory for.
  let rowCount: Int
  /// The rows that a thread takes through the whole network before the next ones start.
  let chunkSize: Int
  /// Each value, (rowCount, elements).
  let values: [ArenaBuffer]
  /// Each step's parameters, one behind the other.
  let parameters: [ArenaBuffer]
  /// Each step's parameters in the order in which its kernels read them.
  let prepared: [ArenaBuffer]
  /// One workspace a thread.
  let workspaces: [ArenaBuffer]
  /// What each step keeps of each row, (rowCount, keptCount), or of one row for each thread.
  private let kept: [ArenaBuffer]
  private let keepsRows: Bool
  /// For each step, its stage if threads own its units instead of its rows.
  let sharedStages: [(any SharedStage)?]
  /// How the units of shared stages are cut.
  let sharedBlocks: SharedBlocks

  /// - Parameters:
  ///   - rowCount: the most rows at once.
  ///   - trainingBatchSize: the most rows of a step, if there is a way back, for which rows are kept.
  init(
    _ network: Network, rowCount: Int, threadCount: Int, trainingBatchSize: Int?, layout: inout ArenaLayout
  ) {
    require(rowCount >= 1, "A batch must have room for at least one example, not \(rowCount).")
    let keepsRows = trainingBatchSize != nil
    self.network = network
    self.rowCount = rowCount
    self.keepsRows = keepsRows
    values = network.valueCounts.map { layout.reserve(rowCount * $0) }
    parameters = network.steps.map { step in
      layout.reserve(network.parameters[step.parameters].reduce(0) { $0 + $1.specification.shape.count })
    }
    prepared = network.steps.map { layout.reserve($0.stage?.preparedCount ?? 0) }
    kept = network.steps.map { layout.reserve((keepsRows ? rowCount : threadCount) * ($0.stage?.keptCount ?? 0)) }
    let workspaceCount = network.workspaceCount
    workspaces = (0..<threadCount).map { _ in layout.reserve(workspaceCount) }
    sharedBlocks = SharedBlocks(batchSize: trainingBatchSize ?? 1)
    sharedStages = network.steps.map { step in
      guard let trainingBatchSize, let stage = step.stage as? any SharedStage else { return nil }
      return stage.isShared(batchSize: trainingBatchSize) ? stage : nil
    }
    let isSharedAnywhere = sharedStages.contains { $0 != nil }
    // In a shared step all rows must have come as far: one chunk.
    chunkSize = isSharedAnywhere ? rowCount : max(16, 524_288 / max(1, network.rowCount))
  }

  /// The rows `rows` of value `index`.
  func value(_ index: Int, _ rows: Range<Int>) -> ArenaBuffer {
    values[index].rows(rows, width: network.valueCounts[index])
  }

  /// What the step at `index` keeps of `rows`.
  func kept(_ index: Int, _ rows: Range<Int>, thread: Int) -> ArenaBuffer {
    kept[index].rows(keepsRows ? rows : thread..<thread + 1, width: network.steps[index].stage?.keptCount ?? 0)
  }

  /// Reads the inputs of `rows`, which may be none, and computes all values: those of shared steps for all rows of the
  /// batch, together with the other members.
  func run(
    _ inputs: any InputSource, _ indices: ArraySlice<Int>, rows: Range<Int>, member: TeamMember, arena: Arena
  ) {
    let thread = member.index
    for row in rows {
      var input = arena.mutableSpan(value(0, row..<row + 1))
      inputs.read(indices[indices.startIndex + row], into: &input)
    }
    var workspace = arena.mutableSpan(workspaces[thread])
    var isOpen = false
    for (index, step) in network.steps.enumerated() {
      // Between owning rows and owning units, and between two layers' units, everybody waits for everybody.
      let sharedStage = sharedStages[index]
      if isOpen || sharedStage != nil { member.waitForAll() }
      isOpen = sharedStage != nil
      if let stage = sharedStage {
        let all = 0..<indices.count
        // Each thread writes its own columns of this.
        var output = arena.mutableSpan(value(step.output, all))
        stage.forward(
          units: sharedBlocks.units(ofThread: thread, threadCount: member.count, in: stage), rows: all.count,
          input: arena.span(value(step.inputs[0], all)), parameters: arena.span(parameters[index]), output: &output)
        continue
      }
      if rows.isEmpty { continue }
      var output = arena.mutableSpan(value(step.output, rows))
      switch step.kind {
      case .stage(let stage):
        var kept = arena.mutableSpan(kept(index, rows, thread: thread))
        stage.forward(
          rows: rows.count, input: arena.span(value(step.inputs[0], rows)), parameters: arena.span(parameters[index]),
          prepared: arena.span(prepared[index]), output: &output, kept: &kept, workspace: &workspace)
      case .sum:
        Kernel.add(
          arena.span(value(step.inputs[0], rows)), arena.span(value(step.inputs[1], rows)), into: &output)
      }
    }
    if isOpen { member.waitForAll() }
  }

  /// Copies `source` into the arena.
  func load(_ source: Parameters, arena: Arena) {
    require(
      source.entries.map(\.name) == network.parameters.map(\.name)
        && source.entries.map(\.shape) == network.parameters.map(\.specification.shape),
      "These parameters belong to another model.")
    var offset = 0
    for (index, buffer) in parameters.enumerated() {
      var target = arena.mutableSpan(buffer)
      Kernel.copy(source.values.span.extracting(offset..<offset + buffer.count), into: &target)
      offset += buffer.count
      for (position, parameter) in network.parameters[network.steps[index].parameters].enumerated() {
        prepare(step: index, parameter: position, units: 0..<parameter.unitCount, arena: arena)
      }
    }
  }

  /// Renews what is prepared of `units` of a step's parameter.
  func prepare(step index: Int, parameter: Int, units: Range<Int>, arena: Arena) {
    guard let stage = network.steps[index].stage, !prepared[index].isEmpty else { return }
    var target = arena.mutableSpan(prepared[index])
    stage.prepare(parameter: parameter, units: units, parameters: arena.span(parameters[index]), prepared: &target)
  }

  /// Copies what `buffers`, one for each step, hold out of the arena.
  func copyParameters(from buffers: [ArenaBuffer], arena: Arena) -> Parameters {
    var values: [Float] = []
    values.reserveCapacity(buffers.reduce(0) { $0 + $1.count })
    for buffer in buffers {
      let span = arena.span(buffer)
      for index in span.indices { values.append(span[index]) }
    }
    return Parameters(network.parameters.map { ($0.name, $0.specification.shape) }, values: values)
  }
}
