/// Any layer as it is: nothing is fused, kept or prepared.
struct LayerStage: Stage {
  let layer: any Layer
  let inputShape: Shape
  let outputShape: Shape

  var keptCount: Int { 0 }
  var preparedCount: Int { 0 }
  var workspaceCount: Int { layer.workspaceCount(for: inputShape) }

  var forwardCost: Int {
    layer.parameters(for: inputShape).indices.reduce(0) { total, index in
      let shape = layer.parameters(for: inputShape)[index].shape
      return total + (shape.rank == 0 ? 1 : shape[0]) * gradientCost(ofParameter: index)
    }
  }

  func gradientCost(ofParameter index: Int) -> Int {
    let shape = layer.parameters(for: inputShape)[index].shape
    let units = max(1, shape.rank == 0 ? 1 : shape[0])
    return shape.count / units * max(1, outputShape.count / units)
  }

  func prepare(
    parameter index: Int, units: Range<Int>, parameters: Span<Float>, prepared: inout MutableSpan<Float>
  ) {}

  func forward(
    rows: Int, input: Span<Float>, parameters: Span<Float>, prepared: Span<Float>, output: inout MutableSpan<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    layer.forward(geometry(rows), input: input, parameters: parameters, output: &output, workspace: &workspace)
  }

  func backward(
    rows: Int, input: Span<Float>, output: Span<Float>, parameters: Span<Float>, prepared: Span<Float>,
    outputGradient: inout MutableSpan<Float>, inputGradient: inout MutableSpan<Float>, kept: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    if inputGradient.isEmpty { return }
    layer.backward(
      geometry(rows), input: input, parameters: parameters, outputGradient: outputGradient.span,
      inputGradient: &inputGradient, workspace: &workspace)
  }

  func gradient(
    ofParameter index: Int, units: Range<Int>, rows: Int, input: Span<Float>, outputGradient: Span<Float>,
    kept: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    layer.gradient(
      ofParameter: index, units: units, geometry(rows), input: input, outputGradient: outputGradient,
      gradient: &gradient, workspace: &workspace)
  }

  private func geometry(_ rows: Int) -> LayerGeometry {
    LayerGeometry(rows: rows, input: inputShape, output: outputShape)
  }
}
