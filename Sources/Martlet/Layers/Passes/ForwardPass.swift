import Kernels

/// A layer's way forward through some rows.
public struct ForwardPass: LayerPass, ~Copyable, ~Escapable {
  /// The rows, the step, the random numbers.
  public let context: PassContext
  /// (rows, input shape).
  public let input: Span<Float>
  /// All parameters of the layer, in their order, without gaps.
  public let parameters: Span<Float>
  /// The parameters as ``Layer/pack(_:)`` left them.
  public let packed: Span<Float>
  /// The whole batch's sums, (blocks, floats of a block); empty when the network is not being trained.
  public let forwardSums: Span<Float>
  /// (rows, output shape); to be written.
  public var output: MutableSpan<Float>
  /// (rows, saved floats), for the way back; to be written. Empty when the network is not being trained.
  public var saved: MutableSpan<Float>
  /// Scratch memory.
  public var workspace: MutableSpan<Float>

  @_lifetime(borrow arena)
  init(
    _ context: consuming PassContext, _ arena: borrowing Arena, input: ArenaBuffer, parameters: ArenaBuffer,
    packed: ArenaBuffer,
    forwardSums: ArenaBuffer, output: ArenaBuffer, saved: ArenaBuffer, workspace: ArenaBuffer
  ) {
    self.context = context
    self.input = arena.span(input)
    self.parameters = arena.span(parameters)
    self.packed = arena.span(packed)
    self.forwardSums = arena.span(forwardSums)
    self.output = arena.mutableSpan(output)
    self.saved = arena.mutableSpan(saved)
    self.workspace = arena.mutableSpan(workspace)
  }
}
