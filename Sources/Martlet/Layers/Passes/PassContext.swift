/// What a layer knows about the rows of a pass.
public struct PassContext: Sendable {
  /// The rows, by their places in the batch.
  public let rows: Range<Int>
  /// The output units that are asked for: all of them, unless the layer's memory says that it divides them.
  public let units: Range<Int>
  /// The blocks that the rows of the batch are cut into, or those of the part of it that is in memory; sums over the batch are sums
  /// over blocks of sums over rows.
  public let blocks: RowBlocks
  /// The updates made before this step.
  public let step: Int
  /// Whether the network is being trained; otherwise statistics are used instead of the batch's own, and nothing is dropped.
  public let isTraining: Bool
  private let source: RandomSource
  private let operation: Operation

  /// The shape of one input.
  public var inputShape: Shape { operation.inputShape }
  /// The shape of one output.
  public var outputShape: Shape { operation.outputShape }
  /// Random numbers for this layer in this step; a row's own are `random.stream(row)`, with the row's place in the batch.
  ///
  /// They depend on the plan's seed, the layer's name, its place in the network, and the step.
  public var random: RandomSource { source.stream(step) }

  init(
    _ operation: Operation, rows: Range<Int>, units: Range<Int>?, blocks: RowBlocks, step: Int, isTraining: Bool,
    source: RandomSource
  ) {
    self.operation = operation
    self.rows = rows
    self.units = units ?? 0..<operation.unitCount
    self.blocks = blocks
    self.step = step
    self.isTraining = isTraining
    self.source = source
  }
}

/// What all passes know.
public protocol LayerPass: ~Copyable, ~Escapable {
  /// The rows, the step, the random numbers.
  var context: PassContext { get }
}

extension LayerPass where Self: ~Copyable & ~Escapable {
  /// The number of rows in this pass.
  public var rows: Int { context.rows.count }
  /// The shape of one input.
  public var inputShape: Shape { context.inputShape }
  /// The shape of one output.
  public var outputShape: Shape { context.outputShape }
  /// The units that are asked for.
  public var units: Range<Int> { context.units }
  /// Whether the network is being trained.
  public var isTraining: Bool { context.isTraining }
}

/// The blocks that the rows of a batch are cut into: at most 32, of about one size, whatever the number of threads.
///
/// ```swift
/// let blocks = RowBlocks(rowCount: 130)
/// print(blocks.count, blocks.rows(of: 0), blocks.rows(of: 31))  // 32 0..<4 125..<130
/// ```
public struct RowBlocks: Sendable, Hashable {
  /// The rows of the batch.
  public let rowCount: Int
  /// The number of blocks.
  public let count: Int

  /// The most blocks of a batch.
  public static let maximumCount = 32

  /// The blocks of a batch of `rowCount` rows.
  public init(rowCount: Int) {
    self.rowCount = rowCount
    count = min(rowCount, Self.maximumCount)
  }

  /// The rows of one block.
  public func rows(of block: Int) -> Range<Int> { rows(of: block..<block + 1) }

  /// The rows of blocks that follow each other.
  func rows(of blocks: Range<Int>) -> Range<Int> {
    guard count > 0 else { return 0..<0 }
    return rowCount * blocks.lowerBound / count..<rowCount * blocks.upperBound / count
  }
}
