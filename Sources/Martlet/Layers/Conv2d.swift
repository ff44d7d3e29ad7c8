import Kernels
import Requirements

/// A two-dimensional convolution (cross-correlation, as everywhere in the field).
///
/// Input (rows, inputChannels, height, width), output (rows, outputChannels, height′, width′) with
/// height′ = ⌊(height + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and width′ likewise. Parameters, as in
/// PyTorch's `nn.Conv2d`: `weight`, (outputChannels, inputChannels, kernelHeight, kernelWidth), and `bias`,
/// (outputChannels).
///
/// ```swift
/// let layer = Conv2d(3, 6, kernelSize: 5)
/// print(try layer.outputShape(for: [3, 32, 32]))  // (6, 28, 28)
/// ```
public struct Conv2d: ImageLayer, Hashable {
  /// The channels of one input.
  public let inputChannels: Int
  /// The channels of one output.
  public let outputChannels: Int
  /// The kernel's height and width.
  public let kernelSize: Size2d
  /// The step from one window to the next.
  public let stride: Size2d
  /// The rows and columns of zeros on each side.
  public let padding: Size2d
  /// The distance between neighbouring kernel elements in the input.
  public let dilation: Size2d
  /// Whether a bias is added to each channel.
  public let hasBias: Bool

  private let weightInitializer: Initializer
  /// PyTorch's default if there is none.
  private let biasInitializer: Initializer?

  // What a network decides: see `absorbing` and `laidOut`.
  private var rectifies = false
  private var pools = false
  /// An activation that is applied to the output, where nothing is trained.
  private var activation = Activation.identity
  /// A batch normalisation whose running statistics are part of the packed weights.
  private var folded: BatchNorm2d?
  private var inputLayout = ImageLayout.channelsFirst
  private var outputLayout = ImageLayout.channelsFirst

  /// A convolution from `inputChannels` to `outputChannels` channels, with the first values of its weight, and a bias with PyTorch's
  /// first values or none.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, stride: Size2d = 1, padding: Size2d = 0,
    dilation: Size2d = 1, weight: Initializer = .fanIn, bias: Bool = true
  ) {
    self.init(
      inputChannels, outputChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      weight: weight, bias: nil, hasBias: bias)
  }

  /// A convolution from `inputChannels` to `outputChannels` channels, with the first values of its weight and its bias.
  ///
  /// ```swift
  /// let layer = Conv2d(3, 64, kernelSize: 3, padding: 1, weight: .kaimingNormal(), bias: .constant(0))
  /// print(layer.hasBias)  // true
  /// ```
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, stride: Size2d = 1, padding: Size2d = 0,
    dilation: Size2d = 1, weight: Initializer = .fanIn, bias: Initializer
  ) {
    self.init(
      inputChannels, outputChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      weight: weight, bias: bias, hasBias: true)
  }

  private init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, stride: Size2d, padding: Size2d,
    dilation: Size2d, weight: Initializer, bias: Initializer?, hasBias: Bool
  ) {
    require(inputChannels >= 1 && outputChannels >= 1, "A convolution needs at least one channel on each side.")
    require(kernelSize.isAtLeast(1), "A kernel must be at least 1×1, not \(kernelSize).")
    require(stride.isAtLeast(1), "A stride must be at least 1×1, not \(stride).")
    require(padding.isAtLeast(0), "Padding cannot be negative: \(padding).")
    require(dilation.isAtLeast(1), "Dilation must be at least 1×1, not \(dilation).")
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.hasBias = hasBias
    (weightInitializer, biasInitializer) = (weight, bias)
  }

  /// (outputChannels, height′, width′), for an input of (inputChannels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 3 else {
      throw ShapeError("A convolution takes (channels, height, width), but its input is \(input).")
    }
    guard input[0] == inputChannels else {
      throw ShapeError("This convolution takes \(inputChannels) channels, but its input is \(input).")
    }
    let reach = Size2d(
      height: dilation.height * (kernelSize.height - 1) + 1, width: dilation.width * (kernelSize.width - 1) + 1)
    let padded = Size2d(height: input[1] + 2 * padding.height, width: input[2] + 2 * padding.width)
    guard padded.height >= reach.height && padded.width >= reach.width else {
      throw ShapeError("A kernel that reaches over \(reach) does not fit into an input of \(padded).")
    }
    let block = block(for: input)
    return [outputChannels, block.outputHeight, block.outputWidth]
  }

  /// The weight, and the bias if there is one.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    let fanIn = inputChannels * kernelSize.height * kernelSize.width
    let weight = ParameterSpecification(
      name: "weight", shape: [outputChannels, inputChannels, kernelSize.height, kernelSize.width],
      initializer: weightInitializer)
    let bias = ParameterSpecification(
      name: "bias", shape: [outputChannels], initializer: biasInitializer ?? .fanIn(fanIn), role: .bias)
    return hasBias ? [weight, bias] : [weight]
  }

  /// What the kernels keep of each image, and the weights in their order.
  public func memory(for input: Shape) -> LayerMemory {
    let block = block(for: input)
    var memory = LayerMemory()
    memory.saved = block.keptCount
    memory.packed = block.preparedCount
    memory.workspace = block.workspaceCount
    memory.gradientFollowsBackward = true
    memory.usesSavedAsScratch = true
    return memory
  }

  /// Each output is a sum over one window.
  public func cost(for input: Shape) -> LayerCost {
    let block = block(for: input)
    return LayerCost(
      forward: block.convolution.weightsPerChannel * block.convolution.outputCount,
      gradientOfUnit: [block.convolution.weightsPerChannel * block.outputPositions, block.outputPositions])
  }

  /// A ReLU, a 2×2 max-pooling, and, where nothing is trained, a batch normalisation right behind the convolution, and any
  /// activation behind all of these.
  public func absorbing(_ next: any Layer, input: Shape, isTraining: Bool) -> (any Layer)? {
    guard activation == .identity else { return nil }
    var layer = self
    let function = (next as? any ActivationLayer)?.activation
    if function == .rectifier, !rectifies {
      layer.rectifies = true
    } else if let pool = next as? MaxPool2d, pool == MaxPool2d(2), !pools, geometry(for: input).isDense {
      layer.pools = true
    } else if let normalization = next as? BatchNorm2d, normalization.activation == .identity, !isTraining,
      folded == nil, !rectifies, !pools
    {
      layer.folded = normalization
    } else if let function, !isTraining {
      layer.activation = function
    } else {
      return nil
    }
    return layer
  }

  /// Copies the weights or the biases of some output channels.
  public func pack(_ pass: inout PackPass) {
    let block = block(for: pass.inputShape)
    if let folded {
      // All parameters are there before the first is packed, and none of them changes afterwards.
      if pass.parameter == 0 { pack(folded, block, &pass) }
    } else if pass.parameter == 0 {
      Kernel.prepareWeights(
        block, units: pass.units, weight: pass.parameters.extracting(0..<weightCount), prepared: &pass.packed)
    } else {
      Kernel.prepareBias(
        block, units: pass.units, bias: pass.parameters.extracting(weightCount..<pass.parameters.count),
        prepared: &pass.packed)
    }
  }

  /// Packs weight · s and (bias − mean) · s + shift, with s the normalisation's scale over its running deviation.
  private func pack(_ normalization: BatchNorm2d, _ block: ConvolutionBlock, _ pass: inout PackPass) {
    let biasCount = hasBias ? outputChannels : 0
    let first = weightCount + biasCount
    let shift = first + (normalization.hasScale ? outputChannels : 0)
    let statistics = shift + (normalization.hasShift ? outputChannels : 0)
    var weight = (0..<weightCount).map { pass.parameters[$0] }
    var bias = (0..<outputChannels).map { hasBias ? pass.parameters[weightCount + $0] : 0 }
    for unit in 0..<outputChannels {
      let variance = pass.parameters[statistics + outputChannels + unit]
      let scale =
        (normalization.hasScale ? pass.parameters[first + unit] : 1) / (variance + normalization.epsilon).squareRoot()
      let size = weightCount / outputChannels
      for index in unit * size..<(unit + 1) * size { weight[index] *= scale }
      bias[unit] = (bias[unit] - pass.parameters[statistics + unit]) * scale
      if normalization.hasShift { bias[unit] += pass.parameters[shift + unit] }
    }
    let units = 0..<outputChannels
    Kernel.prepareWeights(block, units: units, weight: weight.span, prepared: &pass.packed)
    Kernel.prepareBias(block, units: units, bias: bias.span, prepared: &pass.packed)
  }

  /// Convolves each image of (rows, inputChannels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    Kernel.convolutionForward(
      block(for: pass.inputShape), rows: pass.rows, input: pass.input, prepared: pass.packed, output: &pass.output,
      kept: &pass.saved, workspace: &pass.workspace)
    if activation != .identity { Kernel.activate(activation, &pass.output) }
  }

  /// Convolves the output gradients with the flipped kernel.
  public func backward(_ pass: inout BackwardPass) {
    let block = block(for: pass.inputShape)
    Kernel.convolutionKeepGradient(
      block, rows: pass.rows, output: pass.output, outputGradient: pass.outputGradient, kept: &pass.writableSaved)
    guard pass.needsInputGradient else { return }
    Kernel.convolutionBackward(
      block, rows: pass.rows, prepared: pass.packed, kept: pass.saved, inputGradient: &pass.inputGradient,
      workspace: &pass.workspace)
  }

  /// The weight's or the bias's gradient for some output channels, summed over rows and positions.
  public func gradient(_ pass: inout GradientPass) {
    let block = block(for: pass.inputShape)
    if pass.parameter == 0 {
      Kernel.convolutionClearSums(block, units: pass.units, workspace: &pass.workspace)
      Kernel.convolutionAddWeightGradient(
        block, rows: pass.rows, units: pass.units, kept: pass.saved, workspace: &pass.workspace)
      Kernel.convolutionWriteWeightGradient(
        block, units: pass.units, weightGradient: &pass.gradient, workspace: &pass.workspace)
    } else {
      pass.gradient.update(repeating: 0)
      Kernel.convolutionAddBiasGradient(
        block, rows: pass.rows, units: pass.units, kept: pass.saved, biasGradient: &pass.gradient)
    }
  }

  private var weightCount: Int { outputChannels * inputChannels * kernelSize.height * kernelSize.width }

  /// The convolution, with what it has absorbed, for the kernels.
  private func block(for input: Shape) -> ConvolutionBlock {
    ConvolutionBlock(
      geometry(for: input), rectifies: rectifies, pools: pools, inputLayout: inputLayout, outputLayout: outputLayout)
  }

  var keepsLayout: Bool { false }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    (layer.inputLayout, layer.outputLayout) = (input, output)
    return layer
  }

  /// The sizes that the kernels need.
  private func geometry(for input: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: inputChannels, inputHeight: input[1], inputWidth: input[2], outputChannels: outputChannels,
      kernelHeight: kernelSize.height, kernelWidth: kernelSize.width, strideY: stride.height, strideX: stride.width,
      paddingY: padding.height, paddingX: padding.width, dilationY: dilation.height, dilationX: dilation.width)
  }
}
