import KernelCore
import Requirements

/// A convolution by itself, outside any plan: what a plan prepares once and keeps of each row is made in each call, in the
/// workspace.
extension Kernel {
  /// The scratch memory of the functions below.
  public static func convolutionLayerWorkspaceCount(_ geometry: ConvolutionGeometry) -> Int {
    let block = ConvolutionBlock(geometry)
    return block.preparedCount + block.keptCount + block.workspaceCount
  }

  /// A convolution's outputs.
  ///
  /// - Parameters:
  ///   - input: (rows, inputChannels, inputHeight, inputWidth).
  ///   - weight: (outputChannels, inputChannels, kernelHeight, kernelWidth).
  ///   - bias: (outputChannels), or empty for none.
  ///   - output: (rows, outputChannels, outputHeight, outputWidth).
  ///   - workspace: at least `convolutionLayerWorkspaceCount(_:)` floats.
  public static func convolutionLayerForward(
    _ geometry: ConvolutionGeometry, rows: Int, input: Span<Float>, weight: Span<Float>, bias: Span<Float>,
    output: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(geometry, rows, input: input.count, output: output.count)
    var call = arguments(geometry, rows: rows, &workspace)
    prepare(&call, weight: weight, bias: bias)
    call.input = input.pointer
    call.output = output.pointer
    set.convolutionForward(call)
  }

  /// A convolution's input gradients.
  ///
  /// - Parameters:
  ///   - weight: (outputChannels, inputChannels, kernelHeight, kernelWidth).
  ///   - outputGradient: (rows, outputChannels, outputHeight, outputWidth).
  ///   - inputGradient: (rows, inputChannels, inputHeight, inputWidth).
  ///   - workspace: at least `convolutionLayerWorkspaceCount(_:)` floats.
  public static func convolutionLayerBackward(
    _ geometry: ConvolutionGeometry, rows: Int, weight: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(geometry, rows, input: inputGradient.count, output: outputGradient.count)
    var call = arguments(geometry, rows: 1, &workspace)
    prepare(&call, weight: weight, bias: Span())
    call.outputGradient = outputGradient.pointer
    call.inputGradient = inputGradient.pointer
    for _ in 0..<rows {
      set.convolutionKeepGradient(call)
      set.convolutionBackward(call)
      call.outputGradient += geometry.outputCount
      call.inputGradient += geometry.inputCount
    }
  }

  /// The weight gradients of the output channels `units`.
  ///
  /// - Parameters:
  ///   - input: (rows, inputChannels, inputHeight, inputWidth).
  ///   - outputGradient: (rows, outputChannels, outputHeight, outputWidth).
  ///   - weightGradient: (units.count, inputChannels, kernelHeight, kernelWidth).
  ///   - workspace: at least `convolutionLayerWorkspaceCount(_:)` floats.
  public static func convolutionLayerWeightGradient(
    _ geometry: ConvolutionGeometry, rows: Int, units: Range<Int>, input: Span<Float>, outputGradient: Span<Float>,
    weightGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(geometry, rows, input: input.count, output: outputGradient.count)
    require(
      units.lowerBound >= 0 && units.upperBound <= geometry.outputChannels,
      "Units \(units) of \(geometry.outputChannels).")
    require(
      weightGradient.count == units.count * geometry.weightsPerChannel, "A weight gradient has the wrong size.")
    var call = arguments(geometry, rows: 1, &workspace)
    call.units = units
    call.input = input.pointer
    call.outputGradient = outputGradient.pointer
    call.gradient = weightGradient.pointer
    set.convolutionClearSums(call)
    for _ in 0..<rows {
      set.convolutionKeepInput(call)
      set.convolutionKeepGradient(call)
      set.convolutionAddWeightGradient(call)
      call.input += geometry.inputCount
      call.outputGradient += geometry.outputCount
    }
    set.convolutionWriteWeightGradient(call)
  }

  private static func check(_ geometry: ConvolutionGeometry, _ rows: Int, input: Int, output: Int) {
    require(geometry.isPossible, "A convolution's kernel does not fit into its padded input.")
    require(input == rows * geometry.inputCount, "A convolution's input has the wrong size.")
    require(output == rows * geometry.outputCount, "A convolution's output has the wrong size.")
  }

  /// Arguments whose prepared weights, kept images (one for all rows) and scratch memory lie in `workspace`.
  private static func arguments(
    _ geometry: ConvolutionGeometry, rows: Int, _ workspace: inout MutableSpan<Float>
  ) -> ConvolutionArguments {
    require(
      workspace.count >= convolutionLayerWorkspaceCount(geometry), "A convolution's workspace is too small.")
    let block = ConvolutionBlock(geometry)
    var call = ConvolutionArguments(
      block: block, rows: rows, units: 0..<geometry.outputChannels, unused: workspace.pointer)
    call.kept = call.prepared + block.preparedCount
    call.workspace = call.kept + block.keptCount
    return call
  }

  private static func prepare(_ call: inout ConvolutionArguments, weight: Span<Float>, bias: Span<Float>) {
    let geometry = call.block.convolution
    require(
      weight.count == geometry.outputChannels * geometry.weightsPerChannel, "A convolution's weight has the wrong size."
    )
    require(bias.isEmpty || bias.count == geometry.outputChannels, "A convolution's bias has the wrong size.")
    call.weight = weight.pointer
    call.bias = bias.isEmpty ? nil : bias.pointer
    call.prepared.update(repeating: 0, count: call.block.preparedCount)
    set.convolutionPrepareWeights(call)
    set.convolutionPrepareBias(call)
  }
}
