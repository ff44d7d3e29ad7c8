import Kernels

/// The passes of the way forward, as one thread runs them.
struct ForwardWork: Sendable {
  let memory: ForwardMemory
  let arena: Arena
  let step: Int

  /// Reads the inputs of `rows`, which are mixed with their partners.
  ///
  /// - Parameter first: the place in the batch of the first row that there is memory for.
  func read(_ batch: Batch, rows: Range<Int>, first: Int, thread: Int) {
    for place in rows {
      let row = batch[first + place]
      var input = arena.mutableSpan(memory.value(0, place..<place + 1))
      batch.inputs.read(row.example, as: batch.view(row.view, of: row.example), into: &input)
      guard let partner = row.partner else { continue }
      var other = arena.mutableSpan(memory.partners[thread])
      batch.inputs.read(partner.example, as: batch.view(row.view, of: partner.example), into: &other)
      if let region = partner.region {
        region.copy(from: other.span, to: &input, memory.network.inputShape)
        continue
      }
      Kernel.scale(&input, by: 1 - partner.share)
      Kernel.scale(&other, by: partner.share)
      Kernel.accumulate(other.span, into: &input)
    }
  }

  /// Reads the inputs at `indices` of `rows`, as they are.
  func read(_ inputs: any InputSource, _ indices: ArraySlice<Int>, rows: Range<Int>) {
    for place in rows {
      var input = arena.mutableSpan(memory.value(0, place..<place + 1))
      inputs.read(indices[indices.startIndex + place], as: .plain, into: &input)
    }
  }

  /// What an operation's layer is told about some rows.
  func context(
    _ operation: Operation, _ index: Int, rows: Range<Int>, first: Int, units: Range<Int>?, blocks: RowBlocks
  ) -> PassContext {
    PassContext(
      operation, rows: first + rows.lowerBound..<first + rows.upperBound, units: units, blocks: blocks, step: step,
      isTraining: memory.isTraining, source: memory.sources[index])
  }

  /// Computes the output of the operation at `index` for `rows`, or some units of it.
  func forward(
    _ index: Int, rows: Range<Int>, first: Int, units: Range<Int>? = nil, blocks: RowBlocks, thread: Int
  ) {
    let operation = memory.operation(index, thread: thread)
    let target = memory.value(operation.output, rows)
    switch operation.kind {
    case .layer(let layer):
      var pass = ForwardPass(
        context(operation, index, rows: rows, first: first, units: units, blocks: blocks), arena,
        input: memory.value(operation.inputs[0], rows), parameters: memory.parameters[index],
        packed: memory.packed[index], forwardSums: memory.sums(index, blocks: 0..<blocks.count), output: target,
        saved: memory.savedForward(index, rows, thread: thread), workspace: memory.workspaces[thread])
      layer.forward(&pass)
    case .sum(let rectifies):
      var output = arena.mutableSpan(target)
      Kernel.add(
        arena.span(memory.value(operation.inputs[0], rows)), arena.span(memory.value(operation.inputs[1], rows)),
        rectifies: rectifies, into: &output)
    case .concatenation:
      var start = 0
      for input in operation.inputs {
        let width = memory.list.valueCounts[input]
        for row in rows {
          let part = memory.value(operation.output, row..<row + 1).part(start..<start + width)
          var output = arena.mutableSpan(part)
          Kernel.copy(arena.span(memory.value(input, row..<row + 1)), into: &output)
        }
        start += width
      }
    }
  }

  /// Computes the sums of some blocks for the operation at `index`.
  func sumForward(_ index: Int, own: Range<Int>, blocks: RowBlocks, thread: Int) {
    let operation = memory.operation(index, thread: thread)
    let rows = blocks.rows(of: own)
    var pass = SumPass(
      context(operation, index, rows: rows, first: 0, units: nil, blocks: blocks), arena, blocks: own,
      input: memory.value(operation.inputs[0], rows), output: .empty, parameters: memory.parameters[index],
      forwardSums: .empty, outputGradient: .empty, sums: memory.sums(index, blocks: own),
      workspace: memory.workspaces[thread])
    operation.layer?.sumForward(&pass)
  }
}
