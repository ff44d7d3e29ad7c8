/// The blocks that the output units of a layer are cut into, where threads share out its units rather than the rows: input
/// gradients are summed block by block, and then over blocks, in the same order for any number of threads.
///
/// With few rows, a large linear layer is little work for much memory. If each thread owned rows, all of them would read all
/// weights, which others have just written: each line of them would travel between two caches, twice a step. Here a
/// thread that owns units is the only one that ever touches their weights, and a few rows of values travel instead.
struct UnitBlocks: Sendable {
  /// Threads beyond this number have nothing to do in such a layer.
  let count: Int
  private let batchSize: Int

  /// The more rows there are, the less adding up blocks costs beside what they hold.
  init(batchSize: Int) {
    self.batchSize = batchSize
    count = batchSize <= 16 ? 4 : 8
  }

  /// Whether threads share out an operation's units: where the weights that stay with their owner are more than what is
  /// added up over blocks instead. From sizes alone, so that sums have one order.
  func divide(_ operation: Operation) -> Bool {
    let outputs = operation.unitCount
    // Sums over the batch come from phases of rows.
    return operation.memory.dividesUnits && !operation.hasSums && batchSize <= 64 && operation.cost.forward >= 8192
      && outputs >= 64
      && 2 * outputs >= count * batchSize
  }

  /// The units of one block.
  func units(ofBlock block: Int, in operation: Operation) -> Range<Int> {
    units(ofBlocks: block..<block + 1, unitCount: operation.unitCount)
  }

  /// The units of one thread.
  func units(ofThread thread: Int, threadCount: Int, unitCount: Int) -> Range<Int> {
    units(ofBlocks: blocks(ofThread: thread, threadCount: threadCount), unitCount: unitCount)
  }

  /// The blocks of one thread.
  func blocks(ofThread thread: Int, threadCount: Int) -> Range<Int> {
    count * thread / threadCount..<count * (thread + 1) / threadCount
  }

  private func units(ofBlocks blocks: Range<Int>, unitCount: Int) -> Range<Int> {
    unitCount * blocks.lowerBound / count..<unitCount * blocks.upperBound / count
  }
}
