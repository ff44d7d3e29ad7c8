import Kernels

/// One block of rows, and its share of the sums that a layer needs of the whole batch.
public struct SumPass: LayerPass, ~Copyable, ~Escapable {
  /// The block's rows.
  public let context: PassContext
  /// (rows, input shape).
  public let input: Span<Float>
  /// (rows, output shape); on the way back alone.
  public let output: Span<Float>
  /// The whole batch's sums of the way forward, (blocks, floats of a block); on the way back alone.
  public let forwardSums: Span<Float>
  /// (rows, output shape); on the way back alone.
  public let outputGradient: Span<Float>
  /// The memory of `outputGradient`, for a layer that changes it before its other passes read it.
  public var writableOutputGradient: MutableSpan<Float>
  /// The block's sums; to be written.
  public var sums: MutableSpan<Float>
  /// Scratch memory.
  public var workspace: MutableSpan<Float>

  @_lifetime(borrow arena)
  init(
    _ context: PassContext, _ arena: borrowing Arena, input: ArenaBuffer, output: ArenaBuffer, forwardSums: ArenaBuffer,
    outputGradient: ArenaBuffer, sums: ArenaBuffer, workspace: ArenaBuffer
  ) {
    self.context = context
    self.input = arena.span(input)
    self.output = arena.span(output)
    self.forwardSums = arena.span(forwardSums)
    self.outputGradient = arena.span(outputGradient)
    writableOutputGradient = arena.mutableSpan(outputGradient)
    self.sums = arena.mutableSpan(sums)
    self.workspace = arena.mutableSpan(workspace)
  }
}
