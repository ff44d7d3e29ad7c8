import Kernels

/// The memory of the way back: gradients of values that depend on anything that is trained, and sums.
///
/// A class for the reason that ``Operation`` is one.
final class BackwardMemory: Sendable {
  let needs: BackwardNeeds
  /// One value's gradient from a second reader, before it is added to that of the first: (rowCount, addendWidth).
  /// Its rows have one width for all values, since threads come to different values at different times.
  private let addend: ArenaBuffer
  private let addendWidth: Int
  /// Each operation's sums over blocks of rows on the way back, (blocks, floats of a block).
  private let sums: [ArenaBuffer]
  /// A divided operation's input gradient block by block, (blocks, rowCount, inputs), for the widest of them.
  private let blocks: ArenaBuffer
  /// For each operation and each of its inputs, whether another operation has written the input's gradient before.
  let accumulates: [[Bool]]
  /// The gradient of each value, (rowCount, elements); empty where nobody needs it.
  private let gradients: [ArenaBuffer]
  private let list: OperationList

  /// - Parameter isDivided: for each operation, whether threads share out its units.
  init(
    _ forward: ForwardMemory, needs: BackwardNeeds, isDivided: [Bool], unitBlocks: UnitBlocks,
    layout: inout ArenaLayout
  ) {
    let list = forward.list
    self.needs = needs
    gradients = forward.buffers.gradients
    var isWritten = Array(repeating: false, count: list.valueCounts.count)
    var accumulates: [[Bool]] = []
    var addendWidth = 0
    for operation in list.operations.reversed() {
      accumulates.append(
        operation.inputs.map { input in
          defer { isWritten[input] = true }
          if isWritten[input] { addendWidth = max(addendWidth, list.valueCounts[input]) }
          return isWritten[input]
        })
    }
    self.accumulates = accumulates.reversed()
    self.addendWidth = addendWidth
    addend = layout.reserve(forward.rowCount * addendWidth)
    let blockCount = RowBlocks(rowCount: forward.rowCount).count
    sums = list.operations.map { layout.reserve(blockCount * $0.memory.backwardSums) }
    let width = zip(list.operations, isDivided).map { $1 ? $0.inputShape.count : 0 }.max() ?? 0
    blocks = layout.reserve(unitBlocks.count * forward.rowCount * width)
    self.list = list
  }

  /// The rows `rows` of the gradient of value `index`; empty where nobody needs it.
  func gradient(_ index: Int, _ rows: Range<Int>) -> ArenaBuffer {
    needs.gradient[index] ? gradients[index].rows(rows, width: list.valueCounts[index]) : .empty
  }

  /// Room for `count` elements of a second gradient of `rows`.
  func addend(_ rows: Range<Int>, count: Int) -> ArenaBuffer {
    let start = rows.lowerBound * addendWidth
    return addend.part(start..<start + count)
  }

  /// The sums of the operation at `index`, of `blocks`.
  func sums(_ index: Int, blocks: Range<Int>) -> ArenaBuffer {
    sums[index].rows(blocks, width: list.operations[index].memory.backwardSums)
  }

  /// One block of units' part of an input gradient, (rows, width).
  func unitBlock(_ block: Int, rows: Int, width: Int) -> ArenaBuffer {
    blocks.part(block * rows * width..<(block + 1) * rows * width)
  }
}
