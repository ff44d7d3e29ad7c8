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
public struct Linear: Layer, Hashable {
  /// The features of one input.
  public let inputFeatures: Int
  /// The features of one output.
  public let outputFeatures: Int
  /// Whether a bias is added.
  public let hasBias: Bool
  private let weightInitializer: Initializer
  private let biasInitializer: Initializer
  /// Whether a ReLU was absorbed.
  private var rectifies = false
  /// An activation that is applied to the output, where nothing is trained.
  private var activation = Activation.identity

  /// A layer from `inputFeatures` to `outputFeatures` features, with the first values of its weight, and a bias with PyTorch's
  /// first values or none.
  public init(_ inputFeatures: Int, _ outputFeatures: Int, weight: Initializer = .fanIn, bias: Bool = true) {
    self.init(
      inputFeatures, outputFeatures, weight: weight, bias: .fanIn(max(1, inputFeatures)), hasBias: bias)
  }

  /// A layer from `inputFeatures` to `outputFeatures` features, with the first values of its weight and its bias.
  ///
  /// ```swift
  /// let layer = Linear(256, 10, weight: .xavierUniform(), bias: .constant(0))
  /// print(layer.hasBias)  // true
  /// ```
  public init(_ inputFeatures: Int, _ outputFeatures: Int, weight: Initializer = .fanIn, bias: Initializer) {
    self.init(inputFeatures, outputFeatures, weight: weight, bias: bias, hasBias: true)
  }

  private init(
    _ inputFeatures: Int, _ outputFeatures: Int, weight: Initializer, bias: Initializer, hasBias: Bool
  ) {
    require(inputFeatures >= 1 && outputFeatures >= 1, "A linear layer needs at least one feature on each side.")
    self.inputFeatures = inputFeatures
    self.outputFeatures = outputFeatures
    self.hasBias = hasBias
    (weightInitializer, biasInitializer) = (weight, bias)
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
      name: "weight", shape: [outputFeatures, inputFeatures], initializer: weightInitializer)
    let bias = ParameterSpecification(
      name: "bias", shape: [outputFeatures], initializer: biasInitializer, role: .bias)
    return hasBias ? [weight, bias] : [weight]
  }

  /// Room for a part of the weight or of the inputs, in the order in which the gradients read it.
  public func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory(backwardReads: rectifies ? .output : [])
    memory.workspace = Kernel.linearWorkspaceCount
    memory.dividesUnits = true
    memory.gradientFollowsBackward = rectifies
    return memory
  }

  /// Each output is a sum over all inputs.
  public func cost(for input: Shape) -> LayerCost {
    LayerCost(forward: weightCount, gradientOfUnit: [inputFeatures, 1])
  }

  /// A ReLU, and, where nothing is trained, any activation.
  public func absorbing(_ next: any Layer, input: Shape, isTraining: Bool) -> (any Layer)? {
    guard let next = next as? any ActivationLayer, activation == .identity else { return nil }
    var layer = self
    if next.activation == .rectifier, !rectifies {
      layer.rectifies = true
    } else if !isTraining {
      layer.activation = next.activation
    } else {
      return nil
    }
    return layer
  }

  /// Multiplies (rows, inputFeatures) with the weight, and adds the bias.
  public func forward(_ pass: inout ForwardPass) {
    Kernel.linearForward(
      rows: pass.rows, inputs: inputFeatures, outputs: outputFeatures, units: pass.units, input: pass.input,
      weight: weight(pass.parameters), bias: pass.parameters.extracting(weightCount..<pass.parameters.count),
      rectifies: rectifies, output: &pass.output)
    if activation != .identity {
      Kernel.activate(activation, rows: pass.rows, width: outputFeatures, columns: pass.units, values: &pass.output)
    }
  }

  /// Multiplies (rows, outputFeatures) with the transposed weight.
  public func backward(_ pass: inout BackwardPass) {
    if rectifies {
      Kernel.rectifyGradient(
        rows: pass.rows, width: outputFeatures, columns: pass.units, input: pass.output,
        gradient: &pass.writableOutputGradient)
    }
    guard pass.needsInputGradient else { return }
    Kernel.linearBackward(
      rows: pass.rows, inputs: inputFeatures, outputs: outputFeatures, units: pass.units,
      outputGradient: pass.outputGradient, weight: weight(pass.parameters), inputGradient: &pass.inputGradient,
      workspace: &pass.workspace)
  }

  /// The weight's or the bias's gradient for some output features, summed over rows.
  public func gradient(_ pass: inout GradientPass) {
    if pass.parameter == 0 {
      Kernel.linearWeightGradient(
        rows: pass.rows, inputs: inputFeatures, outputs: outputFeatures, units: pass.units, input: pass.input,
        outputGradient: pass.outputGradient, weightGradient: &pass.gradient, workspace: &pass.workspace)
    } else {
      Kernel.biasGradient(
        rows: pass.rows, channels: outputFeatures, positions: 1, units: pass.units,
        outputGradient: pass.outputGradient, biasGradient: &pass.gradient)
    }
  }

  private var weightCount: Int { outputFeatures * inputFeatures }

  @_lifetime(copy parameters)
  private func weight(_ parameters: Span<Float>) -> Span<Float> { parameters.extracting(0..<weightCount) }
}
