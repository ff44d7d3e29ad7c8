import Kernels

/// A convolution, with a rectifier and 2×2 max-pooling if they follow it.
struct ConvolutionStage: Stage {
  let block: ConvolutionBlock

  var keptCount: Int { block.keptCount }
  var preparedCount: Int { block.preparedCount }
  var workspaceCount: Int { block.workspaceCount }

  var forwardCost: Int { block.convolution.weightsPerChannel * block.convolution.outputCount }

  func gradientCost(ofParameter index: Int) -> Int {
    (index == 0 ? block.convolution.weightsPerChannel : 1) * block.outputPositions
  }

  func prepare(
    parameter index: Int, units: Range<Int>, parameters: Span<Float>, prepared: inout MutableSpan<Float>
  ) {
    let weights = block.convolution.outputChannels * block.convolution.weightsPerChannel
    if index == 0 {
      Kernel.prepareWeights(block, units: units, weight: parameters.extracting(0..<weights), prepared: &prepared)
    } else {
      Kernel.prepareBias(
        block, units: units, bias: parameters.extracting(weights..<parameters.count), prepared: &prepared)
    }
  }

  func forward(
    rows: Int, input: Span<Float>, parameters: Span<Float>, prepared: Span<Float>, output: inout MutableSpan<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    Kernel.convolutionForward(
      block, rows: rows, input: input, prepared: prepared, output: &output, kept: &kept, workspace: &workspace)
  }

  func backward(
    rows: Int, input: Span<Float>, output: Span<Float>, parameters: Span<Float>, prepared: Span<Float>,
    outputGradient: inout MutableSpan<Float>, inputGradient: inout MutableSpan<Float>, kept: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    Kernel.convolutionKeepGradient(
      block, rows: rows, output: output, outputGradient: outputGradient.span, kept: &kept)
    if inputGradient.isEmpty { return }
    Kernel.convolutionBackward(
      block, rows: rows, prepared: prepared, kept: kept.span, inputGradient: &inputGradient, workspace: &workspace)
  }

  func gradient(
    ofParameter index: Int, units: Range<Int>, rows: Int, input: Span<Float>, outputGradient: Span<Float>,
    kept: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    if index == 0 {
      Kernel.convolutionClearSums(block, units: units, workspace: &workspace)
      Kernel.convolutionAddWeightGradient(block, rows: rows, units: units, kept: kept, workspace: &workspace)
      Kernel.convolutionWriteWeightGradient(block, units: units, weightGradient: &gradient, workspace: &workspace)
    } else {
      gradient.update(repeating: 0)
      Kernel.convolutionAddBiasGradient(block, rows: rows, units: units, kept: kept, biasGradient: &gradient)
    }
  }
}
