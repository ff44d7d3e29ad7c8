import Kernels

/// The memory of what there is of each row: values, their gradients, and what layers save.
///
/// In a training step that has several phases, much of it is needed for some of them alone. What is never needed in the same phase
/// shares memory; within a phase nothing does, since threads come to different operations at different times.
struct RowMemory: Sendable {
  /// Each value, (rowCount, elements); empty for values that are never made.
  let values: [ArenaBuffer]
  /// The gradient of each value, (rowCount, elements); empty where nobody needs it.
  let gradients: [ArenaBuffer]
  /// What each operation saves of each row, (rowCount, saved floats); empty where nothing is saved.
  let saved: [ArenaBuffer]
  /// For each operation, whether its backward pass makes what is saved, and the forward pass has scratch memory.
  let remakesSaved: [Bool]

  /// All values at once, without a way back.
  init(inferring list: OperationList, rowCount: Int, layout: inout ArenaLayout) {
    values = list.valueCounts.map { layout.reserve(rowCount * $0) }
    gradients = []
    saved = list.operations.map { _ in .empty }
    remakesSaved = list.operations.map { _ in false }
  }

  /// What a training step needs, as long as `schedule` needs it.
  ///
  /// - Parameter isShared: false gives everything memory of its own, for tests.
  init(
    training list: OperationList, rowCount: Int, schedule: Schedule, needs: BackwardNeeds, isShared: Bool,
    layout: inout ArenaLayout
  ) {
    let valueCount = list.valueCounts.count
    let owners = isShared ? Self.gradientOwners(list, needs) : Array(0..<valueCount)
    // Where forward and backward passes are in one phase, nothing is won by doing work twice.
    let remakesSaved = list.operations.map { $0.memory.canRemakeSaved && list.hasSums }
    var uses = Uses(list, remakesSaved: remakesSaved, gradientOwners: owners)
    for (phase, passes) in schedule.phases.enumerated() {
      for stage in passes.stages {
        for pass in stage.passes { uses.add(pass, of: schedule.operations(stage.owner), phase: phase, needs) }
      }
    }
    let counts = list.valueCounts + list.valueCounts + list.operations.map(\.memory.saved)
    let lifetimes = isShared ? uses.lifetimes : uses.lifetimes.map { $0.map { _ in 0...0 } }
    let buffers = Self.reserve(counts.map { rowCount * $0 }, lifetimes, layout: &layout)
    values = Array(buffers[..<valueCount])
    gradients = owners.indices.map { needs.gradient[$0] ? buffers[valueCount + owners[$0]] : .empty }
    saved = Array(buffers[(2 * valueCount)...])
    self.remakesSaved = remakesSaved
  }

  /// For each value, the one in whose gradient its own lies: of a sum's first part, which nothing else reads, it is the sum's.
  private static func gradientOwners(_ list: OperationList, _ needs: BackwardNeeds) -> [Int] {
    var readers = Array(repeating: 0, count: list.valueCounts.count)
    for input in list.operations.flatMap(\.inputs) { readers[input] += 1 }
    var owners = Array(list.valueCounts.indices)
    for operation in list.operations.reversed() where needs.gradient[operation.output] {
      guard case .sum = operation.kind, readers[operation.inputs[0]] == 1 else { continue }
      owners[operation.inputs[0]] = owners[operation.output]
    }
    return owners
  }

  /// The phases from the first to the last one that needs each value, each gradient, and what each operation saves, in this order.
  private struct Uses {
    var lifetimes: [ClosedRange<Int>?]
    private let list: OperationList
    private let remakesSaved: [Bool]
    private let gradientOwners: [Int]

    init(_ list: OperationList, remakesSaved: [Bool], gradientOwners: [Int]) {
      self.list = list
      self.remakesSaved = remakesSaved
      self.gradientOwners = gradientOwners
      lifetimes = Array(repeating: nil, count: 2 * list.valueCounts.count + list.operations.count)
    }

    private mutating func add(_ index: Int, _ phase: Int) {
      let first = lifetimes[index]?.lowerBound ?? phase
      lifetimes[index] = first...phase
    }

    private mutating func addValue(_ value: Int, _ phase: Int) { add(value, phase) }

    private mutating func addGradient(_ value: Int, _ phase: Int) {
      add(list.valueCounts.count + gradientOwners[value], phase)
    }

    private mutating func addSaved(_ operation: Int, _ phase: Int) {
      add(2 * list.valueCounts.count + operation, phase)
    }

    /// - Parameter operations: those whose parameters the stage is about.
    mutating func add(_ pass: Schedule.Pass, of operations: [Int], phase: Int, _ needs: BackwardNeeds) {
      let all = list.operations
      switch pass {
      case .read: addValue(0, phase)
      case .sumForward(let index): addValue(all[index].inputs[0], phase)
      case .forward(let index):
        for input in all[index].inputs { addValue(input, phase) }
        addValue(all[index].output, phase)
        if !remakesSaved[index] { addSaved(index, phase) }
      case .loss:
        guard let output = all.last?.output else { return }
        addValue(output, phase)
        addGradient(output, phase)
      case .sumBackward(let index): addReads(index, phase)
      case .backward(let index):
        addReads(index, phase)
        addSaved(index, phase)
        for input in all[index].inputs where needs.gradient[input] { addGradient(input, phase) }
      case .addBlocks(let index): addGradient(all[index].inputs[0], phase)
      case .gradient:
        for index in operations where !all[index].parameters.isEmpty {
          let reads = all[index].memory.gradientReads
          if reads.contains(.input) { addValue(all[index].inputs[0], phase) }
          if reads.contains(.outputGradient), needs.gradient[all[index].output] {
            addGradient(all[index].output, phase)
          }
          addSaved(index, phase)
        }
      case .statistic, .square, .update, .updateWhole: break
      }
    }

    /// What a backward pass reads.
    private mutating func addReads(_ index: Int, _ phase: Int) {
      let operation = list.operations[index]
      addGradient(operation.output, phase)
      if operation.backwardReads.contains(.input) { for input in operation.inputs { addValue(input, phase) } }
      if operation.backwardReads.contains(.output) { addValue(operation.output, phase) }
    }
  }

  /// Reserves a buffer for each count, which may overlap with those whose lifetimes it has no phase in common with: the largest one first,
  /// each at the lowest place that is free.
  private static func reserve(
    _ counts: [Int], _ lifetimes: [ClosedRange<Int>?], layout: inout ArenaLayout
  ) -> [ArenaBuffer] {
    var offsets = Array(repeating: 0, count: counts.count)
    var placed: [Int] = []
    var total = 0
    // In cache lines, as the layout has them.
    func size(_ index: Int) -> Int { (counts[index] + 15) / 16 * 16 }
    for index in counts.indices.sorted(by: { (counts[$1], $0) < (counts[$0], $1) }) {
      guard counts[index] > 0, let lifetime = lifetimes[index] else { continue }
      var offset = 0
      let neighbours = placed.filter { lifetimes[$0]?.overlaps(lifetime) ?? false }
      for other in neighbours.sorted(by: { offsets[$0] < offsets[$1] }) {
        if offset + size(index) <= offsets[other] { break }
        offset = max(offset, offsets[other] + size(other))
      }
      offsets[index] = offset
      placed.append(index)
      total = max(total, offset + size(index))
    }
    let buffer = layout.reserve(total)
    let isPlaced = Set(placed)
    return counts.indices.map { index in
      isPlaced.contains(index) ? buffer.part(offsets[index]..<offsets[index] + counts[index]) : .empty
    }
  }
}
