import Kernels

/// The passes of the way back, as one thread runs them.
struct BackwardWork: Sendable {
  let forward: ForwardWork
  let memory: BackwardMemory
  let unitBlocks: UnitBlocks
  private let arena: Arena
  private let values: ForwardMemory

  init(_ forward: ForwardWork, memory: BackwardMemory, unitBlocks: UnitBlocks) {
    self.forward = forward
    self.memory = memory
    self.unitBlocks = unitBlocks
    arena = forward.arena
    values = forward.memory
  }

  /// Computes the sums of some blocks on the way back for the operation at `index`.
  func sumBackward(_ index: Int, own: Range<Int>, blocks: RowBlocks, thread: Int) {
    let operation = values.operation(index, thread: thread)
    let rows = blocks.rows(of: own)
    var pass = SumPass(
      forward.context(operation, index, rows: rows, first: 0, units: nil, blocks: blocks), arena, blocks: own,
      input: input(operation, rows), output: output(operation, rows),
      parameters: values.parameters[index], forwardSums: values.sums(index, blocks: 0..<blocks.count),
      outputGradient: memory.gradient(operation.output, rows), sums: memory.sums(index, blocks: own),
      workspace: values.workspaces[thread])
    operation.layer?.sumBackward(&pass)
  }

  /// Computes the input gradients of the operation at `index`, whose output gradient is there.
  func backward(_ index: Int, rows: Range<Int>, first: Int, blocks: RowBlocks, thread: Int) {
    let operation = values.operation(index, thread: thread)
    switch operation.kind {
    case .layer(let layer):
      let inputGradient = memory.gradient(operation.inputs[0], rows)
      let accumulates = memory.accumulates[index][0]
      let target = accumulates ? memory.addend(rows, count: inputGradient.count) : inputGradient
      backward(
        layer, index, rows: rows, first: first, units: nil, blocks: blocks, inputGradient: target, thread: thread)
      if accumulates { add(target, to: inputGradient) }
    case .sum(let rectifies):
      if rectifies {
        var gradient = arena.mutableSpan(memory.gradient(operation.output, rows))
        let count = gradient.count
        Kernel.rectifyGradient(
          rows: 1, width: count, columns: 0..<count, input: arena.span(values.value(operation.output, rows)),
          gradient: &gradient)
      }
      // A sum's gradient is that of each of its parts.
      for (place, input) in operation.inputs.enumerated() {
        pass(
          memory.gradient(operation.output, rows), to: memory.gradient(input, rows),
          accumulates: memory.accumulates[index][place])
      }
    case .concatenation:
      var start = 0
      for (place, input) in operation.inputs.enumerated() {
        let width = values.list.valueCounts[input]
        for row in rows where memory.needs.gradient[input] {
          pass(
            memory.gradient(operation.output, row..<row + 1).part(start..<start + width),
            to: memory.gradient(input, row..<row + 1), accumulates: memory.accumulates[index][place])
        }
        start += width
      }
    }
  }

  /// Computes the parts of a divided operation's input gradient that come from this thread's units, for all rows.
  func backwardUnits(_ index: Int, rows: Range<Int>, first: Int, blocks: RowBlocks, member: TeamMember) {
    let operation = values.operation(index, thread: member.index)
    guard let layer = operation.layer else { return }
    let needsInputGradient = memory.needs.gradient[operation.inputs[0]]
    for block in unitBlocks.blocks(ofThread: member.index, threadCount: member.count) {
      backward(
        layer, index, rows: rows, first: first, units: unitBlocks.units(ofBlock: block, in: operation), blocks: blocks,
        inputGradient: needsInputGradient
          ? memory.unitBlock(block, rows: rows.count, width: operation.inputShape.count) : .empty,
        thread: member.index)
    }
  }

  /// Adds up the parts of a divided operation's input gradient, for some of all rows.
  func addBlocks(_ index: Int, rows: Range<Int>, of all: Range<Int>) {
    let operation = values.operations[index]
    let width = operation.inputShape.count
    for block in 0..<unitBlocks.count {
      pass(
        memory.unitBlock(block, rows: all.count, width: width).rows(rows, width: width),
        to: memory.gradient(operation.inputs[0], rows), accumulates: block > 0 || memory.accumulates[index][0])
    }
  }

  private func backward(
    _ layer: any Layer, _ index: Int, rows: Range<Int>, first: Int, units: Range<Int>?, blocks: RowBlocks,
    inputGradient: ArenaBuffer, thread: Int
  ) {
    let operation = values.operation(index, thread: thread)
    var pass = BackwardPass(
      forward.context(operation, index, rows: rows, first: first, units: units, blocks: blocks), arena,
      input: input(operation, rows), output: output(operation, rows),
      parameters: values.parameters[index], packed: values.packed[index],
      forwardSums: values.sums(index, blocks: 0..<blocks.count),
      backwardSums: memory.sums(index, blocks: 0..<blocks.count),
      outputGradient: memory.gradient(operation.output, rows), inputGradient: inputGradient,
      saved: values.saved(index, rows), remakesSaved: values.buffers.remakesSaved[index],
      workspace: values.workspaces[thread])
    layer.backward(&pass)
  }

  /// An operation's input, if the way back reads it.
  private func input(_ operation: Operation, _ rows: Range<Int>) -> ArenaBuffer {
    operation.backwardReads.contains(.input) ? values.value(operation.inputs[0], rows) : .empty
  }

  /// An operation's output, if the way back reads it.
  private func output(_ operation: Operation, _ rows: Range<Int>) -> ArenaBuffer {
    operation.backwardReads.contains(.output) ? values.value(operation.output, rows) : .empty
  }

  private func pass(_ gradient: ArenaBuffer, to target: ArenaBuffer, accumulates: Bool) {
    // A sum's first part may have its gradient in the sum's.
    if target.isEmpty || target == gradient { return }
    if accumulates {
      add(gradient, to: target)
    } else {
      var output = arena.mutableSpan(target)
      Kernel.copy(arena.span(gradient), into: &output)
    }
  }

  private func add(_ gradient: ArenaBuffer, to sum: ArenaBuffer) {
    if sum.isEmpty { return }
    var output = arena.mutableSpan(sum)
    Kernel.accumulate(arena.span(gradient), into: &output)
  }
}
