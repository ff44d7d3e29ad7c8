import KernelCore
import Requirements

/// A convolution, and what is fused to it, with its kernels.
///
/// Sizes: an input is (rows, input image), an output (rows, output image), both in the block's layouts; `prepared` has
/// `block.preparedCount` floats, `kept` `block.keptCount` for each row, and `workspace` `block.workspaceCount`.
extension Kernel {
  /// Copies the weights of `units` into `prepared`, where the other kernels read them. It must be all 0 before the first
  /// time.
  ///
  /// - Parameter weight: (outputChannels, inputChannels, kernelHeight, kernelWidth).
  public static func prepareWeights(
    _ block: ConvolutionBlock, units: Range<Int>, weight: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: 0, units: units)
    require(
      weight.count == block.convolution.outputChannels * block.convolution.weightsPerChannel,
      "A convolution's weight has the wrong size.")
    call.arguments.weight = weight.pointer
    call.use(prepared: &prepared)
    set.convolutionPrepareWeights(call.arguments)
  }

  /// Copies the biases of `units` into `prepared`.
  ///
  /// - Parameter bias: (outputChannels), or empty for none.
  public static func prepareBias(
    _ block: ConvolutionBlock, units: Range<Int>, bias: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: 0, units: units)
    require(
      bias.isEmpty || bias.count == block.convolution.outputChannels, "A convolution's bias has the wrong size.")
    call.arguments.bias = bias.isEmpty ? nil : bias.pointer
    call.use(prepared: &prepared)
    set.convolutionPrepareBias(call.arguments)
  }

  /// A block's outputs, and in `kept` what its gradients need. With room for fewer rows, `kept` is scratch memory.
  public static func convolutionForward(
    _ block: ConvolutionBlock, rows: Int, input: Span<Float>, prepared: Span<Float>,
    output: inout MutableSpan<Float>, kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: rows)
    call.use(input: input)
    call.use(prepared: prepared)
    require(output.count == rows * block.outputCount, "A convolution's output has the wrong size.")
    call.arguments.output = output.pointer
    call.use(kept: &kept, allowsScratch: true)
    call.use(workspace: &workspace)
    set.convolutionForward(call.arguments)
  }

  /// Keeps the inputs, where `convolutionForward` had scratch memory alone; only without pooling.
  public static func convolutionKeepInput(
    _ block: ConvolutionBlock, rows: Int, input: Span<Float>, kept: inout MutableSpan<Float>
  ) {
    require(!block.pools, "What pooling keeps cannot be made from the input alone.")
    var call = Call(block, rows: rows)
    call.use(input: input)
    call.use(kept: &kept)
    set.convolutionKeepInput(call.arguments)
  }

  /// Keeps the output gradients, 0 where the output was rectified.
  public static func convolutionKeepGradient(
    _ block: ConvolutionBlock, rows: Int, output: Span<Float>, outputGradient: Span<Float>,
    kept: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: rows)
    require(
      outputGradient.count == rows * block.outputCount
        && (!block.rectifies || output.count == outputGradient.count),
      "A convolution's output has the wrong size.")
    // Read only if the block rectifies.
    call.arguments.output = UnsafeMutablePointer(mutating: output.pointer)
    call.arguments.outputGradient = outputGradient.pointer
    call.use(kept: &kept)
    set.convolutionKeepGradient(call.arguments)
  }

  /// A block's input gradients, from the gradients in `kept`.
  public static func convolutionBackward(
    _ block: ConvolutionBlock, rows: Int, prepared: Span<Float>, kept: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: rows)
    require(
      inputGradient.count == rows * block.convolution.inputCount, "A convolution's input has the wrong size.")
    call.use(prepared: prepared)
    call.use(kept: kept)
    call.arguments.inputGradient = inputGradient.pointer
    call.use(workspace: &workspace)
    set.convolutionBackward(call.arguments)
  }

  /// Starts the weight gradients of `units`: their sums, in `workspace`, are 0.
  public static func convolutionClearSums(
    _ block: ConvolutionBlock, units: Range<Int>, workspace: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: 0, units: units)
    call.use(workspace: &workspace)
    set.convolutionClearSums(call.arguments)
  }

  /// Adds the weight gradients of `rows` to the sums in `workspace`.
  public static func convolutionAddWeightGradient(
    _ block: ConvolutionBlock, rows: Int, units: Range<Int>, kept: Span<Float>, workspace: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: rows, units: units)
    call.use(kept: kept)
    call.use(workspace: &workspace)
    set.convolutionAddWeightGradient(call.arguments)
  }

  /// Writes the sums in `workspace` to `weightGradient`, (units.count, inputChannels, kernelHeight, kernelWidth).
  public static func convolutionWriteWeightGradient(
    _ block: ConvolutionBlock, units: Range<Int>, weightGradient: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: 0, units: units)
    require(
      weightGradient.count == units.count * block.convolution.weightsPerChannel,
      "A weight gradient has the wrong size.")
    call.arguments.gradient = weightGradient.pointer
    call.use(workspace: &workspace)
    set.convolutionWriteWeightGradient(call.arguments)
  }

  /// Adds the bias gradients of `rows` to `biasGradient`, (units.count).
  public static func convolutionAddBiasGradient(
    _ block: ConvolutionBlock, rows: Int, units: Range<Int>, kept: Span<Float>,
    biasGradient: inout MutableSpan<Float>
  ) {
    var call = Call(block, rows: rows, units: units)
    require(biasGradient.count == units.count, "A bias gradient must have \(units.count) elements.")
    call.use(kept: kept)
    call.arguments.gradient = biasGradient.pointer
    set.convolutionAddBiasGradient(call.arguments)
  }

  /// A kernel's arguments, each checked as it is set.
  private struct Call {
    var arguments: ConvolutionArguments
    private var block: ConvolutionBlock { arguments.block }

    init(_ block: ConvolutionBlock, rows: Int, units: Range<Int>? = nil) {
      require(block.isPossible, "A convolution's kernel does not fit into its padded input.")
      let units = units ?? 0..<block.convolution.outputChannels
      require(
        units.lowerBound >= 0 && units.upperBound <= block.convolution.outputChannels,
        "Units \(units) of \(block.convolution.outputChannels).")
      arguments = ConvolutionArguments(block: block, rows: rows, units: units, unused: nowhere)
    }

    mutating func use(input: Span<Float>) {
      require(
        input.count == arguments.rows * block.convolution.inputCount, "A convolution's input has the wrong size.")
      arguments.input = input.pointer
    }

    mutating func use(prepared: Span<Float>) {
      require(prepared.count == block.preparedCount, "A convolution's prepared weights have the wrong size.")
      arguments.prepared = UnsafeMutablePointer(mutating: prepared.pointer)
    }

    mutating func use(prepared: inout MutableSpan<Float>) { use(prepared: prepared.span) }

    /// - Parameter allowsScratch: whether room for fewer rows will do, for all of them in turn.
    mutating func use(kept: Span<Float>, allowsScratch: Bool = false) {
      let rows = kept.count / block.keptCount
      require(
        kept.count == rows * block.keptCount && (allowsScratch && rows >= 1 || rows == arguments.rows),
        "What a convolution keeps has the wrong size.")
      arguments.kept = UnsafeMutablePointer(mutating: kept.pointer)
      arguments.keptStride = block.keptCount
      arguments.keptRows = min(rows, arguments.rows)
    }

    mutating func use(kept: inout MutableSpan<Float>, allowsScratch: Bool = false) {
      use(kept: kept.span, allowsScratch: allowsScratch)
    }

    mutating func use(workspace: inout MutableSpan<Float>) {
      require(workspace.count >= block.workspaceCount, "A convolution's workspace is too small.")
      arguments.workspace = workspace.pointer
    }
  }
}
