import Kernels
import Requirements

/// A fully connected layer: y = x·Wᵀ + b.
///
/// Input (rows, inputFeatures), output (rows, outputFeatures). Parameters, as in PyTorch's `nn.Linear`: `weight`,
/// (outputFeatures, inputFeatures), and `bias`, (outputFeatures).
///
/// ```swift
/// let layer = Linear(784, 10)
/// print(try layer.outputShape(for: [784]))  // (10,)
/// ```
public struct Linear: Layer {
  /// The features of one input.
  public let inputFeatures: Int
  /// The features of one output.
  public let outputFeatures: Int
  /// Whether a bias is added.
  public let hasBias: Bool

  /// A layer from `inputFeatures` to `outputFeatures` features.
  public init(_ inputFeatures: Int, _ outputFeatures: Int, bias: Bool = true) {
    require(inputFeatures >= 1 && outputFeatures >= 1, "A linear layer needs at least one feature on each side.")
    self.inputFeatures = inputFeatures
    self.outputFeatures = outputFeatures
    hasBias = bias
  }

  /// (outputFeatures), for an input of (inputFeatures).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 1 else {
      throw ShapeError("A linear layer takes vectors, but its input is \(input); put a Flatten() before it.")
    }
    guard input[0] == inputFeatures else {
      throw ShapeError("This linear layer takes \(inputFeatures) features, but its input has \(input[0]).")
    }
    return [outputFeatures]
  }

  /// The weight, and the bias if there is one.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    let weight = ParameterSpecification(
      name: "weight", shape: [outputFeatures, inputFeatures], initializer: .fanIn(inputFeatures))
    let bias = ParameterSpecification(name: "bias", shape: [outputFeatures], initializer: .fanIn(inputFeatures))
    return hasBias ? [weight, bias] : [weight]
  }

  /// Room for a part of the weight or of the inputs, in the order in which the gradients read it.
  public func workspaceCount(for input: Shape) -> Int { Kernel.linearWorkspaceCount }

  /// Multiplies (rows, inputFeatures) with the weight, and adds the bias.
  public func forward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    Kernel.linearForward(
      rows: geometry.rows, inputs: inputFeatures, outputs: outputFeatures, units: 0..<outputFeatures,
      input: input,
      weight: weight(parameters), bias: parameters.extracting(weightCount..<parameters.count), rectifies: false,
      output: &output)
  }

  /// Multiplies (rows, outputFeatures) with the transposed weight.
  public func backward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    Kernel.linearBackward(
      rows: geometry.rows, inputs: inputFeatures, outputs: outputFeatures, units: 0..<outputFeatures,
      outputGradient: outputGradient, weight: weight(parameters), inputGradient: &inputGradient, workspace: &workspace)
  }

  /// The weight's or the bias's gradient for some output features, summed over rows.
  public func gradient(
    ofParameter index: Int, units: Range<Int>, _ geometry: LayerGeometry, input: Span<Float>,
    outputGradient: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    if index == 0 {
      Kernel.linearWeightGradient(
        rows: geometry.rows, inputs: inputFeatures, outputs: outputFeatures, units: units, input: input,
        outputGradient: outputGradient, weightGradient: &gradient, workspace: &workspace)
    } else {
      Kernel.biasGradient(
        rows: geometry.rows, channels: outputFeatures, positions: 1, units: units, outputGradient: outputGradient,
        biasGradient: &gradient)
    }
  }

  private var weightCount: Int { outputFeatures * inputFeatures }

  @_lifetime(copy parameters)
  private func weight(_ parameters: Span<Float>) -> Span<Float> { parameters.extracting(0..<weightCount) }
}
