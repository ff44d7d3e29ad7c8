import KernelCore
import Requirements

/// Convolutions of each channel by itself. Sizes are those of `convolution`, in the layouts of its `input` and `output`.
extension Kernel {
  /// Copies the weights of `units` into `prepared`. It must be all 0 before the first time.
  ///
  /// - Parameter weight: (channels, 1, kernelHeight, kernelWidth).
  public static func prepareWeights(
    _ convolution: DepthwiseConvolution, units: Range<Int>, weight: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    let geometry = convolution.geometry
    require(
      units.lowerBound >= 0 && units.upperBound <= geometry.channels, "Channels \(units) of \(geometry.channels).")
    require(weight.count == geometry.channels * geometry.taps, "A convolution's weight has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    for unit in units {
      for tap in 0..<geometry.taps { prepared[tap * geometry.pixel + unit] = weight[unit * geometry.taps + tap] }
    }
  }

  /// Copies the biases of `units` into `prepared`.
  ///
  /// - Parameter bias: (channels), or empty for none.
  public static func prepareBias(
    _ convolution: DepthwiseConvolution, units: Range<Int>, bias: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    let geometry = convolution.geometry
    require(
      units.lowerBound >= 0 && units.upperBound <= geometry.channels, "Channels \(units) of \(geometry.channels).")
    require(bias.isEmpty || bias.count == geometry.channels, "A convolution's bias has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    for unit in units { prepared[geometry.taps * geometry.pixel + unit] = bias.isEmpty ? 0 : bias[unit] }
  }

  /// The outputs, and in `kept` the padded inputs. With room for one row alone, `kept` is scratch memory.
  public static func convolutionForward(
    _ convolution: DepthwiseConvolution, rows: Int, input: Span<Float>, prepared: Span<Float>,
    output: inout MutableSpan<Float>, kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(convolution, workspace: workspace.span)
    require(input.count == rows * convolution.input.count, "A convolution's input has the wrong size.")
    require(output.count == rows * convolution.output.count, "A convolution's output has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    let isOneForAll = kept.count == convolution.keptCount
    require(
      isOneForAll || kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    let (source, target, scratch) = (input.pointer, output.pointer, workspace.pointer)
    // Whole registers of channels in the right order are written at once.
    let isDirect =
      convolution.output.layout == .channelsLast && convolution.geometry.pixel == convolution.geometry.channels
    if !isDirect { target.update(repeating: 0, count: output.count) }
    for row in 0..<rows {
      let padded = kept.pointer + (isOneForAll ? 0 : row) * convolution.keptCount
      let image = target + row * convolution.output.count
      convolution.input.pad(source + row * convolution.input.count, into: padded)
      set.depthwiseForward(
        convolution.geometry, UnsafePointer(padded), prepared.pointer, convolution.rectifies, isDirect ? image : scratch
      )
      if !isDirect { convolution.output.add(UnsafePointer(scratch), to: image) }
    }
  }

  /// Keeps the output gradients, 0 where the output was rectified.
  public static func convolutionKeepGradient(
    _ convolution: DepthwiseConvolution, rows: Int, output: Span<Float>, outputGradient: Span<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(convolution, workspace: workspace.span)
    require(
      outputGradient.count == rows * convolution.output.count
        && (!convolution.rectifies || output.count == outputGradient.count),
      "A convolution's output has the wrong size.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    let scratch = workspace.pointer
    for row in 0..<rows {
      let gradient = kept.pointer + row * convolution.keptCount + convolution.geometry.paddedCount
      convolution.output.pad(outputGradient.pointer + row * convolution.output.count, into: gradient)
      if convolution.rectifies {
        convolution.output.pad(output.pointer + row * convolution.output.count, into: scratch)
        set.rectifyGradient(
          UnsafePointer(scratch), UnsafePointer(gradient), gradient, convolution.geometry.outputCount)
      }
    }
  }

  /// The input gradients, from the gradients in `kept`.
  public static func convolutionBackward(
    _ convolution: DepthwiseConvolution, rows: Int, prepared: Span<Float>, kept: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(convolution, workspace: workspace.span)
    require(inputGradient.count == rows * convolution.input.count, "A convolution's input has the wrong size.")
    require(prepared.count == convolution.preparedCount, "A convolution's prepared weights have the wrong size.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    let (target, scratch) = (inputGradient.pointer, workspace.pointer)
    target.update(repeating: 0, count: inputGradient.count)
    for row in 0..<rows {
      scratch.update(repeating: 0, count: convolution.geometry.paddedCount)
      set.depthwiseBackward(
        convolution.geometry, kept.pointer + row * convolution.keptCount + convolution.geometry.paddedCount,
        prepared.pointer, scratch)
      convolution.input.add(UnsafePointer(scratch), to: target + row * convolution.input.count)
    }
  }

  /// The weight gradients of `units`, (units.count, 1, kernelHeight, kernelWidth), or their bias gradients, (units.count).
  public static func convolutionGradient(
    _ convolution: DepthwiseConvolution, ofBias: Bool, rows: Int, units: Range<Int>, kept: Span<Float>,
    gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    check(convolution, workspace: workspace.span)
    let geometry = convolution.geometry
    require(units.lowerBound >= 0 && units.upperBound <= geometry.channels, "Units \(units) of \(geometry.channels).")
    require(gradient.count == units.count * (ofBias ? 1 : geometry.taps), "A gradient has the wrong size.")
    require(kept.count == rows * convolution.keptCount, "What a convolution keeps has the wrong size.")
    let sums = workspace.pointer
    sums.update(repeating: 0, count: geometry.preparedCount)
    for row in 0..<rows {
      let padded = kept.pointer + row * convolution.keptCount
      set.depthwiseAddGradients(geometry, units, padded, padded + geometry.paddedCount, sums)
    }
    for unit in units {
      let index = unit - units.lowerBound
      if ofBias {
        gradient[index] = sums[geometry.taps * geometry.pixel + unit]
      } else {
        for tap in 0..<geometry.taps { gradient[index * geometry.taps + tap] = sums[tap * geometry.pixel + unit] }
      }
    }
  }

  private static func check(_ convolution: DepthwiseConvolution, workspace: Span<Float>) {
    require(convolution.isPossible, "A convolution's kernel does not fit into its padded input.")
    require(workspace.count >= convolution.workspaceCount, "A convolution's workspace is too small.")
  }
}
