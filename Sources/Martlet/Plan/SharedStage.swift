/// A stage whose units threads share out on the way forward and back as well, instead of the rows.
///
/// With few rows, a linear layer is little work for much memory. If each thread owned rows, all of them would read all
/// weights, which others have just written: each line of them would travel between two caches, twice a step. Here a
/// thread that owns units is the only one that ever touches their weights, and a few rows of values travel instead.
protocol SharedStage: Stage {
  /// The units.
  var unitCount: Int { get }

  /// The elements of one input.
  var inputCount: Int { get }

  /// Whether a plan for batches of `batchSize` shares its units; from sizes alone, so that sums have one order.
  func isShared(batchSize: Int) -> Bool

  /// Computes `units` of the output of all rows, and leaves the others alone.
  func forward(
    units: Range<Int>, rows: Int, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>)

  /// Prepares `units` of `outputGradient` for `backward(units:…)` and `gradient`.
  func prepareGradient(
    units: Range<Int>, rows: Int, output: Span<Float>, outputGradient: inout MutableSpan<Float>)

  /// Computes `inputGradient`, (rows, input), summed over `units` alone.
  func backward(
    units: Range<Int>, rows: Int, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>)
}

/// The blocks that the units of shared stages are cut into: input gradients are summed block by block, and then over
/// blocks, in the same order for any number of threads.
struct SharedBlocks: Sendable {
  /// Threads beyond this number have nothing to do in a shared stage.
  let count: Int

  /// The more rows there are, the less adding up blocks costs beside what they hold.
  init(batchSize: Int) { count = batchSize <= 16 ? 4 : 8 }

  /// The units of one block.
  func units(ofBlock block: Int, in stage: any SharedStage) -> Range<Int> {
    units(ofBlocks: block..<block + 1, in: stage)
  }

  /// The units of one thread.
  func units(ofThread thread: Int, threadCount: Int, in stage: any SharedStage) -> Range<Int> {
    units(ofBlocks: blocks(ofThread: thread, threadCount: threadCount), in: stage)
  }

  /// The blocks of one thread.
  func blocks(ofThread thread: Int, threadCount: Int) -> Range<Int> {
    count * thread / threadCount..<count * (thread + 1) / threadCount
  }

  private func units(ofBlocks blocks: Range<Int>, in stage: any SharedStage) -> Range<Int> {
    stage.unitCount * blocks.lowerBound / count..<stage.unitCount * blocks.upperBound / count
  }
}
