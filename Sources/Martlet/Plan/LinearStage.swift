import Kernels

/// A linear layer, with a rectifier if one follows it.
struct LinearStage: Stage {
  let inputs: Int
  let outputs: Int
  let rectifies: Bool

  var keptCount: Int { 0 }
  var preparedCount: Int { 0 }
  func workspaceCount(batchSize: Int) -> Int { Kernel.linearWorkspaceCount }
  func gradientCost(ofParameter index: Int) -> Int { index == 0 ? inputs : 1 }

  func prepare(
    parameter index: Int, units: Range<Int>, parameters: Span<Float>, prepared: inout MutableSpan<Float>
  ) {}

  func forward(
    rows: Int, input: Span<Float>, parameters: Span<Float>, prepared: Span<Float>, output: inout MutableSpan<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    let weights = inputs * outputs
    Kernel.linearForward(
      rows: rows, inputs: inputs, outputs: outputs, input: input, weight: parameters.extracting(0..<weights),
      bias: parameters.extracting(weights..<parameters.count), rectifies: rectifies, output: &output)
  }

  func backward(
    rows: Int, input: Span<Float>, output: Span<Float>, parameters: Span<Float>, prepared: Span<Float>,
    outputGradient: inout MutableSpan<Float>, inputGradient: inout MutableSpan<Float>, kept: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    if rectifies { Kernel.rectifyGradient(input: output, gradient: &outputGradient) }
    if inputGradient.isEmpty { return }
    Kernel.linearBackward(
      rows: rows, inputs: inputs, outputs: outputs, outputGradient: outputGradient.span,
      weight: parameters.extracting(0..<inputs * outputs), inputGradient: &inputGradient,
      workspace: &workspace)
  }

  func gradient(
    ofParameter index: Int, units: Range<Int>, rows: Int, input: Span<Float>, outputGradient: Span<Float>,
    kept: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    if index == 0 {
      Kernel.linearWeightGradient(
        rows: rows, inputs: inputs, outputs: outputs, units: units, input: input, outputGradient: outputGradient,
        weightGradient: &gradient, workspace: &workspace)
    } else {
      Kernel.biasGradient(
        rows: rows, channels: outputs, positions: 1, units: units, outputGradient: outputGradient,
        biasGradient: &gradient)
    }
  }
}
