import KernelCore
import Requirements

extension Kernel {
  /// A convolution's outputs.
  ///
  /// - Parameters:
  ///   - input: (rows, inputChannels, inputHeight, inputWidth).
  ///   - weight: (outputChannels, inputChannels, kernelHeight, kernelWidth).
  ///   - bias: (outputChannels), or empty for none.
  ///   - output: (rows, outputChannels, outputHeight, outputWidth).
  ///   - workspace: at least `geometry.workspaceCount` floats.
  public static func convolutionForward(
    _ geometry: ConvolutionGeometry, rows: Int, input: Span<Float>, weight: Span<Float>, bias: Span<Float>,
    output: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(geometry, rows, input: input.count, weight: weight.count, output: output.count, workspace: workspace.count)
    require(bias.isEmpty || bias.count == geometry.outputChannels, "A convolution's bias has the wrong size.")
    set.convolutionForward(
      ConvolutionArguments(
        geometry: geometry, input: input.pointer, weight: weight.pointer, bias: bias.isEmpty ? nil : bias.pointer,
        outputGradient: input.pointer, result: output.pointer, workspace: workspace.pointer, rows: rows,
        channels: 0..<geometry.outputChannels))
  }

  /// A convolution's input gradients.
  ///
  /// - Parameters:
  ///   - weight: (outputChannels, inputChannels, kernelHeight, kernelWidth).
  ///   - outputGradient: (rows, outputChannels, outputHeight, outputWidth).
  ///   - inputGradient: (rows, inputChannels, inputHeight, inputWidth).
  ///   - workspace: at least `geometry.workspaceCount` floats.
  public static func convolutionBackward(
    _ geometry: ConvolutionGeometry, rows: Int, weight: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(
      geometry, rows, input: inputGradient.count, weight: weight.count, output: outputGradient.count,
      workspace: workspace.count)
    set.convolutionBackward(
      ConvolutionArguments(
        geometry: geometry, input: outputGradient.pointer, weight: weight.pointer, bias: nil,
        outputGradient: outputGradient.pointer, result: inputGradient.pointer, workspace: workspace.pointer,
        rows: rows, channels: 0..<geometry.outputChannels))
  }

  /// The weight gradients of the output channels `units`.
  ///
  /// - Parameters:
  ///   - input: (rows, inputChannels, inputHeight, inputWidth).
  ///   - outputGradient: (rows, outputChannels, outputHeight, outputWidth).
  ///   - weightGradient: (units.count, inputChannels, kernelHeight, kernelWidth).
  ///   - workspace: at least `geometry.workspaceCount` floats.
  public static func convolutionWeightGradient(
    _ geometry: ConvolutionGeometry, rows: Int, units: Range<Int>, input: Span<Float>, outputGradient: Span<Float>,
    weightGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    require(
      units.lowerBound >= 0 && units.upperBound <= geometry.outputChannels,
      "Units \(units) of \(geometry.outputChannels).")
    require(
      weightGradient.count == units.count * geometry.weightsPerChannel, "A weight gradient has the wrong size.")
    check(
      geometry, rows, input: input.count, weight: geometry.outputChannels * geometry.weightsPerChannel,
      output: outputGradient.count, workspace: workspace.count)
    set.convolutionWeightGradient(
      ConvolutionArguments(
        geometry: geometry, input: input.pointer, weight: input.pointer, bias: nil,
        outputGradient: outputGradient.pointer, result: weightGradient.pointer, workspace: workspace.pointer,
        rows: rows, channels: units))
  }

  private static func check(
    _ geometry: ConvolutionGeometry, _ rows: Int, input: Int, weight: Int, output: Int, workspace: Int
  ) {
    require(geometry.isPossible, "A convolution's kernel does not fit into its padded input.")
    require(input == rows * geometry.inputCount, "A convolution's input has the wrong size.")
    require(
      weight == geometry.outputChannels * geometry.weightsPerChannel, "A convolution's weight has the wrong size.")
    require(output == rows * geometry.outputCount, "A convolution's output has the wrong size.")
    require(workspace >= geometry.workspaceCount, "A convolution's workspace is too small.")
  }
}
