import Kernels
import Requirements

/// The first half of any plan's memory: values, parameters, and what layers need on the way forward.
///
/// A class for the reason that ``Operation`` is one.
final class ForwardMemory: Sendable {
  let network: Network
  let list: OperationList
  /// The most rows that there is memory for.
  let rowCount: Int
  /// Values, their gradients, and what is saved of them.
  let buffers: RowMemory
  /// Each operation's parameters, one behind the other.
  let parameters: [ArenaBuffer]
  /// Each operation's parameters in the order in which its layer reads them.
  let packed: [ArenaBuffer]
  /// Each operation's sums over blocks of rows, (blocks, floats of a block); empty without training.
  let sums: [ArenaBuffer]
  /// One workspace a thread.
  let workspaces: [ArenaBuffer]
  /// Room for the input of a row's partner, for each thread; empty without training.
  let partners: [ArenaBuffer]
  /// For each thread, what operations have in place of saved rows.
  private let scratch: [ArenaBuffer]
  let isTraining: Bool
  /// Where each operation's layer draws its random numbers from.
  let sources: [RandomSource]

  /// Each thread's own copies of all operations, (threads, operations).
  private let copies: [[Operation]]

  var operations: [Operation] { list.operations }

  /// The operation at `index`, as a thread uses it.
  func operation(_ index: Int, thread: Int) -> Operation { copies[thread][index] }

  /// - Parameters:
  ///   - rowCount: the most rows at once.
  ///   - buffers: the memory of rows.
  ///   - isTraining: whether there is a way back, for which rows are saved.
  ///   - seed: what layers' random numbers are drawn from.
  init(
    _ network: Network, rowCount: Int, threadCount: Int, buffers: RowMemory, isTraining: Bool, seed: UInt64 = 0,
    layout: inout ArenaLayout
  ) {
    let list = isTraining ? network.training : network.inference
    self.network = network
    self.buffers = buffers
    self.list = list
    self.rowCount = rowCount
    self.isTraining = isTraining
    // Plans of one network may run side by side, so that the first thread needs copies as well.
    copies = (0..<threadCount).map { _ in list.operations.map { $0.copy() } }
    let source = RandomSource(seed: seed).stream("layers")
    sources = list.operations.map { source.stream($0.name).stream($0.output) }
    parameters = list.operations.map { operation in
      layout.reserve(network.parameters[operation.parameters].reduce(0) { $0 + $1.shape.count })
    }
    packed = list.operations.map { layout.reserve($0.memory.packed) }
    let scratchCounts = zip(list.operations, buffers.remakesSaved).map { !isTraining || $1 ? $0.memory.scratch : 0 }
    scratch = (0..<threadCount).map { _ in layout.reserve(scratchCounts.max() ?? 0) }
    let blockCount = RowBlocks(rowCount: rowCount).count
    sums = list.operations.map { layout.reserve(isTraining ? blockCount * $0.memory.forwardSums : 0) }
    let workspaceCount = list.workspaceCount
    workspaces = (0..<threadCount).map { _ in layout.reserve(workspaceCount) }
    partners = (0..<threadCount).map { _ in layout.reserve(isTraining ? network.inputShape.count : 0) }
  }

  /// The rows `rows` of value `index`.
  func value(_ index: Int, _ rows: Range<Int>) -> ArenaBuffer {
    buffers.values[index].rows(rows, width: list.valueCounts[index])
  }

  /// What the operation at `index` saves of `rows`.
  func saved(_ index: Int, _ rows: Range<Int>) -> ArenaBuffer {
    buffers.saved[index].rows(rows, width: operations[index].memory.saved)
  }

  /// The same on the way forward, where it may be scratch memory.
  func savedForward(_ index: Int, _ rows: Range<Int>, thread: Int) -> ArenaBuffer {
    isTraining && !buffers.remakesSaved[index]
      ? saved(index, rows) : scratch[thread].part(0..<operations[index].memory.scratch)
  }

  /// The sums of the operation at `index`, of the first `blocks` blocks.
  func sums(_ index: Int, blocks: Range<Int>) -> ArenaBuffer {
    isTraining ? sums[index].rows(blocks, width: operations[index].memory.forwardSums) : .empty
  }

  /// Copies `source` into the arena.
  func load(_ source: Parameters, arena: Arena) {
    checkFit(source)
    var offset = 0
    for (index, buffer) in parameters.enumerated() {
      var target = arena.mutableSpan(buffer)
      Kernel.copy(source.values.span.extracting(offset..<offset + buffer.count), into: &target)
      offset += buffer.count
      for (place, parameter) in network.parameters[operations[index].parameters].enumerated() {
        pack(operation: index, parameter: place, units: 0..<parameter.specification.unitCount, arena: arena)
      }
    }
  }

  /// Moves `average` towards the parameters as they are.
  func blend(into average: inout Parameters, share: Float, arena: Arena) {
    checkFit(average)
    var target = average.values.mutableSpan
    var offset = 0
    for buffer in parameters {
      Kernel.blend(arena.span(buffer), share: share, into: &target, at: offset)
      offset += buffer.count
    }
  }

  /// Traps if these are not the parameters of this network; allocates nothing.
  private func checkFit(_ source: Parameters) {
    let isFitting =
      source.entries.count == network.parameters.count
      && zip(source.entries, network.parameters).allSatisfy { $0.name == $1.name && $0.shape == $1.shape }
    require(isFitting, "These parameters belong to another network.")
  }

  /// Renews what is packed of `units` of an operation's parameter.
  func pack(operation index: Int, parameter: Int, units: Range<Int>, arena: Arena) {
    guard let layer = operations[index].layer, !packed[index].isEmpty else { return }
    var pass = PackPass(
      arena, parameter: parameter, units: units, inputShape: operations[index].inputShape,
      parameters: parameters[index], packed: packed[index])
    layer.pack(&pass)
  }

  /// Copies what `buffers`, one for each operation, hold out of the arena.
  func copyParameters(from buffers: [ArenaBuffer], arena: Arena) -> Parameters {
    var values: [Float] = []
    values.reserveCapacity(buffers.reduce(0) { $0 + $1.count })
    for buffer in buffers {
      let span = arena.span(buffer)
      for index in span.indices { values.append(span[index]) }
    }
    return Parameters(network.parameters.map { ($0.name, $0.shape) }, values: values)
  }
}
