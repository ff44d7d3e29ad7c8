import Kernels

/// The gradient of some units of one parameter, over all rows of a batch, or of that part of it which is in memory.
public struct GradientPass: LayerPass, ~Copyable, ~Escapable {
  /// The rows, and the units whose gradient is asked for.
  public let context: PassContext
  /// Which parameter, by its place among those of the layer.
  public let parameter: Int
  /// (rows, input shape), if ``LayerMemory/gradientReads`` names it.
  public let input: Span<Float>
  /// (rows, output shape), as the backward pass left it, if ``LayerMemory/gradientReads`` names it.
  public let outputGradient: Span<Float>
  /// (rows, saved floats), as the backward pass left them.
  public let saved: Span<Float>
  /// The whole batch's sums of the way forward, (blocks, floats of a block).
  public let forwardSums: Span<Float>
  /// The whole batch's sums of the way back, (blocks, floats of a block).
  public let backwardSums: Span<Float>
  /// (units, the parameter's other sizes); to be written.
  public var gradient: MutableSpan<Float>
  /// Scratch memory.
  public var workspace: MutableSpan<Float>

  @_lifetime(borrow arena)
  init(
    _ context: consuming PassContext, _ arena: borrowing Arena, parameter: Int, input: ArenaBuffer,
    outputGradient: ArenaBuffer,
    saved: ArenaBuffer, forwardSums: ArenaBuffer, backwardSums: ArenaBuffer, gradient: ArenaBuffer,
    workspace: ArenaBuffer
  ) {
    self.context = context
    self.parameter = parameter
    self.input = arena.span(input)
    self.outputGradient = arena.span(outputGradient)
    self.saved = arena.span(saved)
    self.forwardSums = arena.span(forwardSums)
    self.backwardSums = arena.span(backwardSums)
    self.gradient = arena.mutableSpan(gradient)
    self.workspace = arena.mutableSpan(workspace)
  }
}

/// The next values of some units of a statistic: a parameter that is measured, and not trained.
public struct StatisticPass: LayerPass, ~Copyable, ~Escapable {
  /// The rows, and the units that are asked for.
  public let context: PassContext
  /// Which parameter, by its place among those of the layer.
  public let parameter: Int
  /// The whole batch's sums of the way forward, (blocks, floats of a block).
  public let forwardSums: Span<Float>
  /// The new values' share, in place of the layer's own; nil leaves it. With 1 / n at the nth batch, values are means over batches.
  public let momentum: Float?
  /// (units, the parameter's other sizes), as they were; to be changed.
  public var values: MutableSpan<Float>
  /// Scratch memory.
  public var workspace: MutableSpan<Float>

  @_lifetime(borrow arena)
  init(
    _ context: consuming PassContext, _ arena: borrowing Arena, parameter: Int, forwardSums: ArenaBuffer,
    values: ArenaBuffer, workspace: ArenaBuffer, momentum: Float? = nil
  ) {
    self.momentum = momentum
    self.context = context
    self.parameter = parameter
    self.forwardSums = arena.span(forwardSums)
    self.values = arena.mutableSpan(values)
    self.workspace = arena.mutableSpan(workspace)
  }
}

/// Some units of a parameter, on their way into the order in which a layer's passes read them.
public struct PackPass: ~Copyable, ~Escapable {
  /// Which parameter, by its place among those of the layer.
  public let parameter: Int
  /// The units that have changed.
  public let units: Range<Int>
  /// The shape of one input.
  public let inputShape: Shape
  /// All parameters of the layer, in their order, without gaps. While training, other threads may be changing all but the units
  /// named above.
  public let parameters: Span<Float>
  /// All of the layer's packed memory; it was 0 before the first time.
  public var packed: MutableSpan<Float>

  @_lifetime(borrow arena)
  init(
    _ arena: borrowing Arena, parameter: Int, units: Range<Int>, inputShape: Shape, parameters: ArenaBuffer,
    packed: ArenaBuffer
  ) {
    self.parameter = parameter
    self.units = units
    self.inputShape = inputShape
    self.parameters = arena.span(parameters)
    self.packed = arena.mutableSpan(packed)
  }
}
