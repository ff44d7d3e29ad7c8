import Kernels

/// Some blocks of rows, and each one's share of the sums that a layer needs of the whole batch.
public struct SumPass: LayerPass, ~Copyable, ~Escapable {
  /// The blocks' rows.
  public let context: PassContext
  /// (rows, input shape); on the way back if ``LayerMemory/backwardReads`` names it.
  public let input: Span<Float>
  /// (rows, output shape); on the way back alone, if ``LayerMemory/backwardReads`` names it.
  public let output: Span<Float>
  /// All parameters of the layer, in their order, without gaps.
  public let parameters: Span<Float>
  /// The whole batch's sums of the way forward, (blocks, floats of a block); on the way back alone.
  public let forwardSums: Span<Float>
  /// (rows, output shape); on the way back alone.
  public let outputGradient: Span<Float>
  /// The memory of `outputGradient`, for a layer that changes it before its other passes read it.
  public var writableOutputGradient: MutableSpan<Float>
  /// The blocks, by their places in the batch.
  public let blocks: Range<Int>
  /// Each block's sums, (blocks, floats of a block); to be written.
  public var sums: MutableSpan<Float>
  /// Scratch memory.
  public var workspace: MutableSpan<Float>

  /// The rows of one of the blocks, by their places in this pass.
  public func rows(of block: Int) -> Range<Int> {
    let rows = context.blocks.rows(of: block)
    return rows.lowerBound - context.rows.lowerBound..<rows.upperBound - context.rows.lowerBound
  }

  @_lifetime(borrow arena)
  init(
    _ context: consuming PassContext, _ arena: borrowing Arena, blocks: Range<Int>, input: ArenaBuffer,
    output: ArenaBuffer, parameters: ArenaBuffer, forwardSums: ArenaBuffer,
    outputGradient: ArenaBuffer, sums: ArenaBuffer, workspace: ArenaBuffer
  ) {
    self.context = context
    self.blocks = blocks
    self.input = arena.span(input)
    self.output = arena.span(output)
    self.parameters = arena.span(parameters)
    self.forwardSums = arena.span(forwardSums)
    self.outputGradient = arena.span(outputGradient)
    writableOutputGradient = arena.mutableSpan(outputGradient)
    self.sums = arena.mutableSpan(sums)
    self.workspace = arena.mutableSpan(workspace)
  }
}
