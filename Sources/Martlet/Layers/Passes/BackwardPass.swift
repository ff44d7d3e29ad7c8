import Kernels

/// A layer's way back through some rows: from the gradient of its output to that of its input.
public struct BackwardPass: LayerPass, ~Copyable, ~Escapable {
  /// The rows, the step, the random numbers: the same as on the way forward.
  public let context: PassContext
  /// (rows, input shape), if ``LayerMemory/backwardReads`` names it.
  public let input: Span<Float>
  /// What the forward pass wrote, (rows, output shape), if ``LayerMemory/backwardReads`` names it.
  public let output: Span<Float>
  /// All parameters of the layer, in their order, without gaps.
  public let parameters: Span<Float>
  /// The parameters as ``Layer/pack(_:)`` left them.
  public let packed: Span<Float>
  /// The whole batch's sums of the way forward, (blocks, floats of a block).
  public let forwardSums: Span<Float>
  /// The whole batch's sums of the way back, (blocks, floats of a block).
  public let backwardSums: Span<Float>
  /// (rows, output shape).
  public let outputGradient: Span<Float>
  /// The memory of `outputGradient`, for a layer that changes it before its ``Layer/gradient(_:)`` reads it.
  public var writableOutputGradient: MutableSpan<Float>
  /// (rows, input shape); to be written. Empty if nothing before the layer is trained.
  public var inputGradient: MutableSpan<Float>
  /// (rows, saved floats), as the forward pass left them.
  public let saved: Span<Float>
  /// Whether this pass writes what is saved, since the forward pass had scratch memory alone.
  let remakesSaved: Bool
  /// The memory of `saved`, for a layer that leaves something in it for its ``Layer/gradient(_:)``.
  public var writableSaved: MutableSpan<Float>
  /// Scratch memory.
  public var workspace: MutableSpan<Float>

  /// Whether anything before the layer is trained.
  public var needsInputGradient: Bool { !inputGradient.isEmpty }

  @_lifetime(borrow arena)
  init(
    _ context: consuming PassContext, _ arena: borrowing Arena, input: ArenaBuffer, output: ArenaBuffer,
    parameters: ArenaBuffer,
    packed: ArenaBuffer, forwardSums: ArenaBuffer, backwardSums: ArenaBuffer, outputGradient: ArenaBuffer,
    inputGradient: ArenaBuffer, saved: ArenaBuffer, remakesSaved: Bool, workspace: ArenaBuffer
  ) {
    self.context = context
    self.remakesSaved = remakesSaved
    self.input = arena.span(input)
    self.output = arena.span(output)
    self.parameters = arena.span(parameters)
    self.packed = arena.span(packed)
    self.forwardSums = arena.span(forwardSums)
    self.backwardSums = arena.span(backwardSums)
    self.outputGradient = arena.span(outputGradient)
    writableOutputGradient = arena.mutableSpan(outputGradient)
    self.inputGradient = arena.mutableSpan(inputGradient)
    self.saved = arena.span(saved)
    writableSaved = arena.mutableSpan(saved)
    self.workspace = arena.mutableSpan(workspace)
  }
}
