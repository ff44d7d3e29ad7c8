import Kernels

/// A linear layer, with a rectifier if one follows it.
struct LinearStage: SharedStage {
  let inputs: Int
  let outputs: Int
  let rectifies: Bool

  var keptCount: Int { 0 }
  var preparedCount: Int { 0 }
  var workspaceCount: Int { Kernel.linearWorkspaceCount }
  var forwardCost: Int { inputs * outputs }
  func gradientCost(ofParameter index: Int) -> Int { index == 0 ? inputs : 1 }

  func prepare(
    parameter index: Int, units: Range<Int>, parameters: Span<Float>, prepared: inout MutableSpan<Float>
  ) {}

  var unitCount: Int { outputs }
  var inputCount: Int { inputs }

  /// Where the weights that stay with their owner are more than what is added up over blocks instead.
  func isShared(batchSize: Int) -> Bool {
    let blocks = SharedBlocks(batchSize: batchSize).count
    return batchSize <= 64 && inputs * outputs >= 8192 && outputs >= 64 && 2 * outputs >= blocks * batchSize
  }

  func forward(
    rows: Int, input: Span<Float>, parameters: Span<Float>, prepared: Span<Float>, output: inout MutableSpan<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    forward(units: 0..<outputs, rows: rows, input: input, parameters: parameters, output: &output)
  }

  func forward(
    units: Range<Int>, rows: Int, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>
  ) {
    let weights = inputs * outputs
    Kernel.linearForward(
      rows: rows, inputs: inputs, outputs: outputs, units: units, input: input,
      weight: parameters.extracting(0..<weights), bias: parameters.extracting(weights..<parameters.count),
      rectifies: rectifies, output: &output)
  }

  func backward(
    rows: Int, input: Span<Float>, output: Span<Float>, parameters: Span<Float>, prepared: Span<Float>,
    outputGradient: inout MutableSpan<Float>, inputGradient: inout MutableSpan<Float>, kept: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    prepareGradient(units: 0..<outputs, rows: rows, output: output, outputGradient: &outputGradient)
    if inputGradient.isEmpty { return }
    backward(
      units: 0..<outputs, rows: rows, parameters: parameters, outputGradient: outputGradient.span,
      inputGradient: &inputGradient, workspace: &workspace)
  }

  func prepareGradient(
    units: Range<Int>, rows: Int, output: Span<Float>, outputGradient: inout MutableSpan<Float>
  ) {
    guard rectifies else { return }
    Kernel.rectifyGradient(rows: rows, width: outputs, columns: units, input: output, gradient: &outputGradient)
  }

  func backward(
    units: Range<Int>, rows: Int, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    Kernel.linearBackward(
      rows: rows, inputs: inputs, outputs: outputs, units: units, outputGradient: outputGradient,
      weight: parameters.extracting(0..<inputs * outputs), inputGradient: &inputGradient, workspace: &workspace)
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
