import Kernels
import Requirements

/// What each thread does in a training step: the schedule's phases, part by part of the batch.
struct StepWork: TeamWork {
  let schedule: Schedule
  let forward: ForwardWork
  let backward: BackwardWork
  let parameters: ParameterWork
  let losses: LossMemory
  let loss: any Loss
  let batch: Batch
  /// What each row's gradient is multiplied by.
  let scale: Float
  let chunkSize: Int

  func run(as member: TeamMember) {
    let count = batch.count
    var first = 0
    while first < count {
      // A part of the batch that there is memory for: nearly always all of it.
      let rows = 0..<min(count - first, forward.memory.rowCount)
      let isLast = first + rows.count == count
      for (index, phase) in schedule.phases.enumerated() {
        if index > 0 || first > 0 { member.waitForAll() }
        for stage in phase.stages {
          switch stage.owner {
          case .rows: runRows(stage.passes, of: rows, first: first, member)
          case .units(let operation): runUnits(stage.passes, operation, of: rows, first: first, member)
          case .parameters(let group):
            runParameters(stage.passes, group: group, of: rows, first: first, isLast: isLast, member)
          }
        }
      }
      first += rows.count
    }
  }

  /// Takes this thread's rows through the passes of a stage, some blocks of them at a time.
  private func runRows(_ passes: [Schedule.Pass], of part: Range<Int>, first: Int, _ member: TeamMember) {
    let blocks = RowBlocks(rowCount: part.count)
    // Where blocks are summed, a thread has whole ones; otherwise, rows are shared out one by one.
    let hasSums = passes.contains(where: \.isSum)
    let own = member.share(of: hasSums ? blocks.count : part.count)
    var block = own.lowerBound
    while block < own.upperBound {
      var end = hasSums ? block + 1 : min(own.upperBound, block + chunkSize)
      while hasSums, end < own.upperBound, blocks.rows(of: block..<end + 1).count <= chunkSize { end += 1 }
      let rows = hasSums ? blocks.rows(of: block..<end) : block..<end
      for pass in passes {
        switch pass {
        case .read: forward.read(batch, rows: rows, first: first, thread: member.index)
        case .sumForward(let operation):
          forward.sumForward(operation, own: block..<end, blocks: blocks, thread: member.index)
        case .forward(let operation):
          forward.forward(operation, rows: rows, first: first, blocks: blocks, thread: member.index)
        case .loss: evaluateLoss(rows, first: first, thread: member.index)
        case .sumBackward(let operation):
          backward.sumBackward(operation, own: block..<end, blocks: blocks, thread: member.index)
        case .backward(let operation):
          backward.backward(operation, rows: rows, first: first, blocks: blocks, thread: member.index)
        case .addBlocks(let operation): backward.addBlocks(operation, rows: rows, of: part)
        case .gradient, .statistic, .square, .update, .updateWhole: fail("Rows have no parameters.")
        }
      }
      block = end
    }
  }

  /// Takes this thread's units of an operation through the passes of a stage, over all rows.
  private func runUnits(
    _ passes: [Schedule.Pass], _ operation: Int, of part: Range<Int>, first: Int, _ member: TeamMember
  ) {
    let blocks = RowBlocks(rowCount: part.count)
    for pass in passes {
      switch pass {
      case .forward:
        let units = backward.unitBlocks.units(
          ofThread: member.index, threadCount: member.count,
          unitCount: forward.memory.operations[operation].unitCount)
        // Each thread writes its own columns.
        forward.forward(operation, rows: part, first: first, units: units, blocks: blocks, thread: member.index)
      case .backward: backward.backwardUnits(operation, rows: part, first: first, blocks: blocks, member: member)
      default: fail("Only layers have units.")
      }
    }
  }

  /// Takes this thread's units of some operations' parameters through the passes of a stage.
  private func runParameters(
    _ passes: [Schedule.Pass], group: Int?, of part: Range<Int>, first: Int, isLast: Bool, _ member: TeamMember
  ) {
    let blocks = RowBlocks(rowCount: part.count)
    let isUpdate = passes.contains(.update) || passes.contains(.updateWhole)
    let factor = isLast && isUpdate ? parameters.clippingFactor : 1
    if isLast && passes.contains(.updateWhole) {
      for task in parameters.tasks.wholes[member.index] {
        parameters.update(task, clippingFactor: factor, thread: member.index)
      }
    }
    for task in parameters.tasks.tasks(ofThread: member.index, group: group) {
      for pass in passes {
        switch pass {
        case .gradient:
          parameters.gradient(task, rows: part, first: first, blocks: blocks, thread: member.index)
          if isLast { parameters.clamp(task) }
        case .statistic:
          guard task.isStatistic else { continue }
          parameters.gradient(task, rows: part, first: first, blocks: blocks, thread: member.index)
          parameters.update(task, clippingFactor: 1, thread: member.index)
        case .square: if isLast { parameters.square(task) }
        case .update:
          if isLast, !task.isWhole { parameters.update(task, clippingFactor: factor, thread: member.index) }
        case .updateWhole: break
        default: fail("Parameters have no rows.")
        }
      }
    }
  }

  /// The loss of each row, and the gradient of the batch's loss with respect to its logits.
  private func evaluateLoss(_ rows: Range<Int>, first: Int, thread: Int) {
    let arena = forward.arena
    let output = forward.memory.network.output
    for place in rows {
      let row = batch[first + place]
      var gradient = arena.mutableSpan(backward.memory.gradient(output, place..<place + 1))
      var values = arena.mutableSpan(losses.values.part(first + place..<first + place + 1))
      // Not even an infinite loss is anything, times 0.
      guard row.weight > 0 else {
        gradient.update(repeating: 0)
        values[0] = 0
        continue
      }
      values[0] =
        row.weight
        * losses.evaluate(
          loss, logits: arena.span(forward.memory.value(output, place..<place + 1)), targets: batch.targets, row: row,
          gradient: &gradient, thread: thread, arena: arena)
      Kernel.scale(&gradient, by: row.weight * scale)
    }
  }
}
