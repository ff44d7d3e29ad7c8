import KernelCore

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
    precondition(bias.isEmpty || bias.count == geometry.outputChannels, "A convolution's bias has the wrong size.")
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
    precondition(
      units.lowerBound >= 0 && units.upperBound <= geometry.outputChannels,
      "Units \(units) of \(geometry.outputChannels).")
    precondition(
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
    precondition(input == rows * geometry.inputCount, "A convolution's input has the wrong size.")
    precondition(
      weight == geometry.outputChannels * geometry.weightsPerChannel, "A convolution's weight has the wrong size.")
    precondition(output == rows * geometry.outputCount, "A convolution's output has the wrong size.")
    precondition(workspace >= geometry.workspaceCount, "A convolution's workspace is too small.")
  }

  /// The maximum of each window.
  ///
  /// - Parameters:
  ///   - input: (rows, channels, inputHeight, inputWidth).
  ///   - output: (rows, channels, outputHeight, outputWidth).
  public static func maxPoolForward(
    _ geometry: PoolingGeometry, rows: Int, input: Span<Float>, output: inout MutableSpan<Float>
  ) {
    precondition(input.count == rows * geometry.inputCount, "A pooling layer's input has the wrong size.")
    precondition(output.count == rows * geometry.outputCount, "A pooling layer's output has the wrong size.")
    set.maxPoolForward(geometry, rows, input.pointer, output.pointer)
  }

  /// Each window's gradient, added to the input that won the window.
  ///
  /// - Parameters:
  ///   - input: (rows, channels, inputHeight, inputWidth).
  ///   - outputGradient: (rows, channels, outputHeight, outputWidth).
  ///   - inputGradient: (rows, channels, inputHeight, inputWidth).
  public static func maxPoolBackward(
    _ geometry: PoolingGeometry, rows: Int, input: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>
  ) {
    precondition(input.count == rows * geometry.inputCount, "A pooling layer's input has the wrong size.")
    precondition(inputGradient.count == input.count, "A pooling layer's input gradient has the wrong size.")
    precondition(
      outputGradient.count == rows * geometry.outputCount, "A pooling layer's output gradient has the wrong size.")
    set.maxPoolBackward(geometry, rows, input.pointer, outputGradient.pointer, inputGradient.pointer)
  }
}
