import Kernels

/// The way back: from the logits' gradients to those of all values that depend on a parameter. Threads own rows,
/// except in shared steps.
struct BackwardSweep: Sendable {
  /// The gradient of each value, (rowCount, elements), or nil where nobody needs it.
  let gradients: [ArenaBuffer?]
  /// One value's gradient from a second consumer, before it is added to that of the first: (rowCount, addendWidth).
  /// Its rows have one width for all values, since threads come to different values at different times.
  private let addend: ArenaBuffer
  private let addendWidth: Int
  /// A shared step's input gradient block by block, (blocks, rowCount, inputs), for the widest of them.
  private let parts: ArenaBuffer
  /// For each step and each of its inputs, whether another step has written the input's gradient before.
  let accumulates: [[Bool]]

  init(_ forward: ForwardSweep, layout: inout ArenaLayout) {
    let network = forward.network
    gradients = network.valueCounts.indices.map { value in
      network.needsGradient[value] ? layout.reserve(forward.values[value].count) : nil
    }
    var isWritten = Array(repeating: false, count: network.valueCounts.count)
    var accumulates: [[Bool]] = []
    var addendWidth = 0
    for step in network.steps.reversed() {
      accumulates.append(
        step.inputs.map { input in
          defer { isWritten[input] = true }
          if isWritten[input] { addendWidth = max(addendWidth, network.valueCounts[input]) }
          return isWritten[input]
        })
    }
    self.accumulates = accumulates.reversed()
    self.addendWidth = addendWidth
    addend = layout.reserve(forward.rowCount * addendWidth)
    let width = forward.sharedStages.map { $0?.inputCount ?? 0 }.max() ?? 0
    parts = layout.reserve(forward.sharedBlocks.count * forward.rowCount * width)
  }

  /// The rows `rows` of the gradient of value `index`, or nil where nobody needs it.
  func gradient(_ index: Int, _ rows: Range<Int>, _ forward: ForwardSweep) -> ArenaBuffer? {
    gradients[index]?.rows(rows, width: forward.network.valueCounts[index])
  }

  /// Computes all gradients of `rows`, whose logits' gradients are there already, and those of shared steps together with
  /// the other members. `all` is the whole batch.
  func run(_ forward: ForwardSweep, rows: Range<Int>, all: Range<Int>, member: TeamMember, arena: Arena) {
    let network = forward.network
    let thread = member.index
    var workspace = arena.mutableSpan(forward.workspaces[thread])
    for (index, step) in network.steps.enumerated().reversed() {
      if let stage = forward.sharedStages[index] {
        run(stage, at: index, forward, all: all, member: member, arena: arena)
        sumParts(stage, at: index, forward, rows: rows, all: all, arena: arena)
        continue
      }
      guard !rows.isEmpty, let outputGradient = gradient(step.output, rows, forward) else { continue }
      switch step.kind {
      case .stage(let stage):
        let inputGradient = gradient(step.inputs[0], rows, forward)
        let accumulate = accumulates[index][0]
        let count = inputGradient?.count ?? 0
        let start = rows.lowerBound * addendWidth
        let destination = accumulate ? addend.part(start..<start + count) : inputGradient ?? .empty
        var source = arena.mutableSpan(outputGradient)
        var target = arena.mutableSpan(destination)
        var kept = arena.mutableSpan(forward.kept(index, rows, thread: thread))
        stage.backward(
          rows: rows.count, input: arena.span(forward.value(step.inputs[0], rows)),
          output: arena.span(forward.value(step.output, rows)), parameters: arena.span(forward.parameters[index]),
          prepared: arena.span(forward.prepared[index]), outputGradient: &source, inputGradient: &target, kept: &kept,
          workspace: &workspace)
        if accumulate, let inputGradient {
          var sum = arena.mutableSpan(inputGradient)
          Kernel.accumulate(arena.span(destination), into: &sum)
        }
      case .sum:
        for (position, input) in step.inputs.enumerated() {
          pass(outputGradient, to: gradient(input, rows, forward), accumulate: accumulates[index][position], arena)
        }
      }
    }
  }

  /// Computes the parts of a shared step's input gradient that come from this thread's units, for all rows.
  private func run(
    _ stage: any SharedStage, at index: Int, _ forward: ForwardSweep, all: Range<Int>, member: TeamMember,
    arena: Arena
  ) {
    let step = forward.network.steps[index]
    guard let outputGradient = gradient(step.output, all, forward) else { return }
    member.waitForAll()
    let blocks = forward.sharedBlocks
    // Each thread changes its own columns of this.
    var source = arena.mutableSpan(outputGradient)
    stage.prepareGradient(
      units: blocks.units(ofThread: member.index, threadCount: member.count, in: stage), rows: all.count,
      output: arena.span(forward.value(step.output, all)),
      outputGradient: &source)
    guard gradients[step.inputs[0]] != nil else { return }
    var workspace = arena.mutableSpan(forward.workspaces[member.index])
    for block in blocks.blocks(ofThread: member.index, threadCount: member.count) {
      var part = arena.mutableSpan(self.part(block, all, width: stage.inputCount))
      stage.backward(
        units: blocks.units(ofBlock: block, in: stage), rows: all.count,
        parameters: arena.span(forward.parameters[index]),
        outputGradient: source.span, inputGradient: &part, workspace: &workspace)
    }
    member.waitForAll()
  }

  /// Adds up the parts of a shared step's input gradient, for the rows of this thread.
  private func sumParts(
    _ stage: any SharedStage, at index: Int, _ forward: ForwardSweep, rows: Range<Int>, all: Range<Int>, arena: Arena
  ) {
    let input = forward.network.steps[index].inputs[0]
    guard !rows.isEmpty, let inputGradient = gradient(input, rows, forward) else { return }
    var target = arena.mutableSpan(inputGradient)
    for block in 0..<forward.sharedBlocks.count {
      let part = part(block, all, width: stage.inputCount)
        .rows(rows, width: stage.inputCount)
      if block == 0 && !accumulates[index][0] {
        Kernel.copy(arena.span(part), into: &target)
      } else {
        Kernel.accumulate(arena.span(part), into: &target)
      }
    }
  }

  /// One block's part, (rows, width).
  private func part(_ block: Int, _ rows: Range<Int>, width: Int) -> ArenaBuffer {
    parts.part(block * rows.count * width..<(block + 1) * rows.count * width)
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
