import KernelCore
import Requirements

/// Convolutions in groups. Sizes are those of `convolution`, in the layouts of its `input` and `output`.
extension Kernel {
  /// Copies the weights of `units` into `prepared`. It must be all 0 before the first time.
  ///
  /// - Parameter weight: (outputChannels, inputChannels / groups, kernelHeight, kernelWidth).
  public static func prepareWeights(
    _ convolution: GroupedConvolution, units: Range<Int>, weight: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    require(weight.count == weightCount(convolution), "A convolution's weight has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    let (source, target) = (weight.pointer, prepared.pointer)
    forEachGroup(convolution, units: units) { group, units in
      var call = arguments(convolution, rows: 0, units: units)
      call.weight = source + group * weightCount(convolution) / convolution.groups
      call.prepared = target + group * convolution.part.preparedCount
      set.convolutionPrepareWeights(call)
    }
  }

  /// Copies the biases of `units` into `prepared`.
  ///
  /// - Parameter bias: (outputChannels), or empty for none.
  public static func prepareBias(
    _ convolution: GroupedConvolution, units: Range<Int>, bias: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    require(bias.isEmpty || bias.count == convolution.output.channels, "A convolution's bias has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    let (source, target) = (bias.isEmpty ? nil : bias.pointer, prepared.pointer)
    forEachGroup(convolution, units: units) { group, units in
      var call = arguments(convolution, rows: 0, units: units)
      call.bias = source.map { $0 + group * convolution.part.convolution.outputChannels }
      call.prepared = target + group * convolution.part.preparedCount
      set.convolutionPrepareBias(call)
    }
  }

  /// The outputs, and in `kept` what the gradients need. With room for one row alone, `kept` is scratch memory.
  public static func convolutionForward(
    _ convolution: GroupedConvolution, rows: Int, input: Span<Float>, prepared: Span<Float>,
    output: inout MutableSpan<Float>, kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    require(convolution.isPossible, "A convolution's kernel does not fit into its padded input.")
    require(input.count == rows * convolution.input.count, "A convolution's input has the wrong size.")
    require(output.count == rows * convolution.output.count, "A convolution's output has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    require(workspace.count >= convolution.workspaceCount, "A convolution's workspace is too small.")
    let isOneForAll = kept.count == convolution.keptCount
    require(
      isOneForAll || kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    let (source, target, scratch) = (input.pointer, output.pointer, workspace.pointer)
    if !convolution.hasOutputRuns { target.update(repeating: 0, count: output.count) }
    for row in 0..<rows {
      for group in 0..<convolution.groups {
        convolution.input.starting(at: group * convolution.input.copiedChannels).pad(
          source + row * convolution.input.count, into: scratch + convolution.inputOffset)
        var call = arguments(convolution, rows: 1)
        call.input = UnsafePointer(scratch + convolution.inputOffset)
        call.prepared = UnsafeMutablePointer(mutating: prepared.pointer) + group * convolution.part.preparedCount
        call.kept =
          kept.pointer + (isOneForAll ? 0 : row) * convolution.keptCount + group * convolution.part.keptCount
        call.workspace = scratch
        let image = target + row * convolution.output.count
        call.output =
          convolution.hasOutputRuns
          ? image + group * convolution.part.outputCount : scratch + convolution.outputOffset
        set.convolutionForward(call)
        if !convolution.hasOutputRuns {
          convolution.output.starting(at: group * convolution.output.copiedChannels).add(call.output, to: image)
        }
      }
    }
  }

  /// Keeps the output gradients, 0 where the output was rectified.
  public static func convolutionKeepGradient(
    _ convolution: GroupedConvolution, rows: Int, output: Span<Float>, outputGradient: Span<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    let rectifies = convolution.part.rectifies
    require(
      outputGradient.count == rows * convolution.output.count && (!rectifies || output.count == outputGradient.count),
      "A convolution's output has the wrong size.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    require(workspace.count >= convolution.workspaceCount, "A convolution's workspace is too small.")
    let scratch = workspace.pointer
    for row in 0..<rows {
      for group in 0..<convolution.groups {
        var call = arguments(convolution, rows: 1)
        call.kept = kept.pointer + row * convolution.keptCount + group * convolution.part.keptCount
        let image = outputGradient.pointer + row * convolution.output.count
        // Read only if the block rectifies.
        let values = output.pointer + (rectifies ? row * convolution.output.count : 0)
        if convolution.hasOutputRuns {
          let offset = group * convolution.part.outputCount
          call.outputGradient = image + offset
          call.output = UnsafeMutablePointer(mutating: values) + (rectifies ? offset : 0)
        } else {
          let part = convolution.output.starting(at: group * convolution.output.copiedChannels)
          part.pad(image, into: scratch + convolution.gradientOffset)
          if rectifies { part.pad(values, into: scratch + convolution.outputOffset) }
          call.outputGradient = UnsafePointer(scratch + convolution.gradientOffset)
          call.output = scratch + convolution.outputOffset
        }
        set.convolutionKeepGradient(call)
      }
    }
  }

  /// The input gradients, from the gradients in `kept`.
  public static func convolutionBackward(
    _ convolution: GroupedConvolution, rows: Int, prepared: Span<Float>, kept: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    require(inputGradient.count == rows * convolution.input.count, "A convolution's input has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    require(workspace.count >= convolution.workspaceCount, "A convolution's workspace is too small.")
    let (target, scratch) = (inputGradient.pointer, workspace.pointer)
    target.update(repeating: 0, count: inputGradient.count)
    for row in 0..<rows {
      for group in 0..<convolution.groups {
        var call = arguments(convolution, rows: 1)
        call.prepared = UnsafeMutablePointer(mutating: prepared.pointer) + group * convolution.part.preparedCount
        call.kept =
          UnsafeMutablePointer(mutating: kept.pointer) + row * convolution.keptCount
          + group * convolution.part.keptCount
        call.inputGradient = scratch + convolution.inputOffset
        call.workspace = scratch
        set.convolutionBackward(call)
        convolution.input.starting(at: group * convolution.input.copiedChannels).add(
          call.inputGradient, to: target + row * convolution.input.count)
      }
    }
  }

  /// The weight gradients of `units`, (units.count, inputChannels / groups, kernelHeight, kernelWidth).
  public static func convolutionWeightGradient(
    _ convolution: GroupedConvolution, rows: Int, units: Range<Int>, kept: Span<Float>,
    weightGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    let size = convolution.part.convolution.weightsPerChannel
    require(weightGradient.count == units.count * size, "A weight gradient has the wrong size.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    require(workspace.count >= convolution.workspaceCount, "A convolution's workspace is too small.")
    var target = weightGradient.pointer
    let scratch = workspace.pointer
    forEachGroup(convolution, units: units) { group, units in
      var call = arguments(convolution, rows: rows, units: units)
      call.kept = UnsafeMutablePointer(mutating: kept.pointer) + group * convolution.part.keptCount
      call.keptStride = convolution.keptCount
      call.workspace = scratch
      call.gradient = target
      set.convolutionClearSums(call)
      set.convolutionAddWeightGradient(call)
      set.convolutionWriteWeightGradient(call)
      target += units.count * size
    }
  }

  /// The bias gradients of `units`, (units.count).
  public static func convolutionBiasGradient(
    _ convolution: GroupedConvolution, rows: Int, units: Range<Int>, kept: Span<Float>,
    biasGradient: inout MutableSpan<Float>
  ) {
    require(biasGradient.count == units.count, "A bias gradient must have \(units.count) elements.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    var target = biasGradient.pointer
    target.update(repeating: 0, count: units.count)
    forEachGroup(convolution, units: units) { group, units in
      var call = arguments(convolution, rows: rows, units: units)
      call.kept = UnsafeMutablePointer(mutating: kept.pointer) + group * convolution.part.keptCount
      call.keptStride = convolution.keptCount
      call.gradient = target
      set.convolutionAddBiasGradient(call)
      target += units.count
    }
  }

  private static func weightCount(_ convolution: GroupedConvolution) -> Int {
    convolution.output.channels * convolution.part.convolution.weightsPerChannel
  }

  private static func arguments(
    _ convolution: GroupedConvolution, rows: Int, units: Range<Int>? = nil
  ) -> ConvolutionArguments {
    require(convolution.isPossible, "A convolution's kernel does not fit into its padded input.")
    var call = ConvolutionArguments(
      block: convolution.part, rows: rows, units: units ?? 0..<convolution.part.convolution.outputChannels,
      unused: nowhere)
    call.keptStride = convolution.part.keptCount
    return call
  }

  /// Calls `body` with each group that has some of `units`, and with these as the group counts them.
  private static func forEachGroup(
    _ convolution: GroupedConvolution, units: Range<Int>, _ body: (Int, Range<Int>) -> Void
  ) {
    require(
      units.lowerBound >= 0 && units.upperBound <= convolution.output.channels,
      "Units \(units) of \(convolution.output.channels).")
    let size = convolution.part.convolution.outputChannels
    for group in 0..<convolution.groups {
      let own = units.clamped(to: group * size..<(group + 1) * size)
      if !own.isEmpty { body(group, own.lowerBound - group * size..<own.upperBound - group * size) }
    }
  }
}
