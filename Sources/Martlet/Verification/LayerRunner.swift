/// Calls a layer's functions on arrays, with outputs poisoned beforehand, so that an element that is not written shows.
package struct LayerRunner {
  package let layer: any Layer
  package let geometry: LayerGeometry
  package let specifications: [ParameterSpecification]
  private let workspaceCount: Int

  package init(_ layer: any Layer, inputShape: Shape, rows: Int) throws(ShapeError) {
    self.layer = layer
    geometry = LayerGeometry(rows: rows, input: inputShape, output: try layer.outputShape(for: inputShape))
    specifications = layer.parameters(for: inputShape)
    workspaceCount = layer.workspaceCount(for: inputShape)
  }

  private var workspace: [Float] { Array(repeating: .nan, count: workspaceCount) }

  /// The output, (rows, output shape).
  package func forward(input: [Float], parameters: [Float]) -> [Float] {
    var output = [Float](repeating: .nan, count: geometry.rows * geometry.output.count)
    var workspace = workspace
    var outputSpan = output.mutableSpan
    var workspaceSpan = workspace.mutableSpan
    layer.forward(
      geometry, input: input.span, parameters: parameters.span, output: &outputSpan, workspace: &workspaceSpan)
    return output
  }

  /// The input's gradient, (rows, input shape).
  package func backward(input: [Float], parameters: [Float], outputGradient: [Float]) -> [Float] {
    var inputGradient = [Float](repeating: .nan, count: geometry.rows * geometry.input.count)
    var workspace = workspace
    var inputSpan = inputGradient.mutableSpan
    var workspaceSpan = workspace.mutableSpan
    layer.backward(
      geometry, input: input.span, parameters: parameters.span, outputGradient: outputGradient.span,
      inputGradient: &inputSpan, workspace: &workspaceSpan)
    return inputGradient
  }

  /// The gradient of the parameter at `index`, computed in runs of `unitsAtOnce` units.
  package func gradient(
    ofParameter index: Int, input: [Float], outputGradient: [Float], unitsAtOnce: Int = .max
  ) -> [Float] {
    let shape = specifications[index].shape
    let unitCount = shape.count / shape[0]
    var result: [Float] = []
    var first = 0
    while first < shape[0] {
      let units = first..<min(shape[0], first + min(unitsAtOnce, shape[0]))
      var gradient = [Float](repeating: .nan, count: units.count * unitCount)
      var workspace = workspace
      var gradientSpan = gradient.mutableSpan
      var workspaceSpan = workspace.mutableSpan
      layer.gradient(
        ofParameter: index, units: units, geometry, input: input.span, outputGradient: outputGradient.span,
        gradient: &gradientSpan, workspace: &workspaceSpan)
      result += gradient
      first = units.upperBound
    }
    return result
  }
}
