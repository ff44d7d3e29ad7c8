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

extension SharedStage {
  /// The units of one of `SharedBlocks.count` blocks: input gradients are summed block by block, and then over blocks, for
  /// any number of threads.
  func units(ofBlock block: Int) -> Range<Int> {
    unitCount * block / SharedBlocks.count..<unitCount * (block + 1) / SharedBlocks.count
  }

  /// The units of some blocks.
  func units(ofBlocks blocks: Range<Int>) -> Range<Int> {
    unitCount * blocks.lowerBound / SharedBlocks.count..<unitCount * blocks.upperBound / SharedBlocks.count
  }
}

/// The blocks that the units of a shared stage are cut into.
enum SharedBlocks {
  /// Threads beyond this number have nothing to do in a shared stage.
  static let count = 4

  /// The blocks of one thread.
  static func share(of thread: Int, threadCount: Int) -> Range<Int> {
    count * thread / threadCount..<count * (thread + 1) / threadCount
  }
}
