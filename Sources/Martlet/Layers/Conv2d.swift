import Kernels
import Requirements

/// A two-dimensional convolution (cross-correlation, as everywhere in the field).
///
/// Input (rows, inputChannels, height, width), output (rows, outputChannels, height′, width′) with
/// height′ = ⌊(height + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, and width′ likewise. Parameters, as in
/// PyTorch's `nn.Conv2d`: `weight`, (outputChannels, inputChannels / groups, kernelHeight, kernelWidth), and `bias`,
/// (outputChannels).
///
/// With several groups, each run of output channels sees its own run of input channels. With as many groups as channels on both
/// sides, the convolution is depthwise, for which there are kernels of its own; other groups are computed one by one.
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
  /// The rows above the image and the columns on its left. There are as many below and on its right, unless `isSame`.
  public let padding: Size2d
  /// Whether the output is as large as the input; there may then be a row more below and a column more on the right.
  public let isSame: Bool
  /// What stands there.
  public let paddingMode: PaddingMode
  /// The distance between neighbouring kernel elements in the input.
  public let dilation: Size2d
  /// The groups that the channels of both sides are cut into.
  public let groups: Int
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
    dilation: Size2d = 1, groups: Int = 1, paddingMode: PaddingMode = .zeros, weight: Initializer = .fanIn,
    bias: Bool = true
  ) {
    self.init(
      inputChannels, outputChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      groups: groups, paddingMode: paddingMode, weight: weight, bias: nil, hasBias: bias)
  }

  /// A convolution from `inputChannels` to `outputChannels` channels, with the first values of its weight and its bias.
  ///
  /// ```swift
  /// let layer = Conv2d(3, 64, kernelSize: 3, padding: 1, weight: .kaimingNormal(), bias: .constant(0))
  /// print(layer.hasBias)  // true
  /// ```
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, stride: Size2d = 1, padding: Size2d = 0,
    dilation: Size2d = 1, groups: Int = 1, paddingMode: PaddingMode = .zeros, weight: Initializer = .fanIn,
    bias: Initializer
  ) {
    self.init(
      inputChannels, outputChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      groups: groups, paddingMode: paddingMode, weight: weight, bias: bias, hasBias: true)
  }

  /// A convolution whose output is as large as its input, with the first values of its weight, and a bias with PyTorch's first
  /// values or none.
  ///
  /// ```swift
  /// let layer = Conv2d(8, 8, kernelSize: 2, padding: .same, groups: 8, paddingMode: .reflect)
  /// print(try layer.outputShape(for: [8, 5, 5]))  // (8, 5, 5)
  /// ```
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, padding: SamePadding,
    dilation: Size2d = 1, groups: Int = 1, paddingMode: PaddingMode = .zeros, weight: Initializer = .fanIn,
    bias: Bool = true
  ) {
    self.init(
      inputChannels, outputChannels, kernelSize: kernelSize, stride: 1, padding: nil, dilation: dilation,
      groups: groups, paddingMode: paddingMode, weight: weight, bias: nil, hasBias: bias)
  }

  /// A convolution whose output is as large as its input, with the first values of its weight and its bias.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, padding: SamePadding,
    dilation: Size2d = 1, groups: Int = 1, paddingMode: PaddingMode = .zeros, weight: Initializer = .fanIn,
    bias: Initializer
  ) {
    self.init(
      inputChannels, outputChannels, kernelSize: kernelSize, stride: 1, padding: nil, dilation: dilation,
      groups: groups, paddingMode: paddingMode, weight: weight, bias: bias, hasBias: true)
  }

  /// - Parameters:
  ///   - padding: nil for as much as keeps the size.
  ///   - bias: nil for PyTorch's first values.
  private init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, stride: Size2d, padding: Size2d?,
    dilation: Size2d, groups: Int, paddingMode: PaddingMode, weight: Initializer, bias: Initializer?, hasBias: Bool
  ) {
    require(inputChannels >= 1 && outputChannels >= 1, "A convolution needs at least one channel on each side.")
    require(kernelSize.isAtLeast(1), "A kernel must be at least 1×1, not \(kernelSize).")
    require(stride.isAtLeast(1), "A stride must be at least 1×1, not \(stride).")
    require(padding?.isAtLeast(0) ?? true, "Padding cannot be negative: \(padding ?? 0).")
    require(dilation.isAtLeast(1), "Dilation must be at least 1×1, not \(dilation).")
    require(
      groups >= 1 && inputChannels % groups == 0 && outputChannels % groups == 0,
      "\(inputChannels) input and \(outputChannels) output channels cannot be cut into \(groups) groups.")
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.dilation = dilation
    self.groups = groups
    self.paddingMode = paddingMode
    self.padding =
      padding
      ?? Size2d(
        height: dilation.height * (kernelSize.height - 1) / 2, width: dilation.width * (kernelSize.width - 1) / 2)
    isSame = padding == nil
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
    let edges = edges
    if let problem = edges.problem(paddingMode, height: input[1], width: input[2]) { throw ShapeError(problem) }
    let reach = Size2d(height: reach.height + 1, width: reach.width + 1)
    let padded = Size2d(height: input[1] + edges.top + edges.bottom, width: input[2] + edges.left + edges.right)
    guard padded.height >= reach.height && padded.width >= reach.width else {
      throw ShapeError("A kernel that reaches over \(reach) does not fit into an input of \(padded).")
    }
    let form = form(for: input)
    return [outputChannels, form.outputHeight, form.outputWidth]
  }

  /// The weight, and the bias if there is one.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    let fanIn = inputChannels / groups * kernelSize.height * kernelSize.width
    let weight = ParameterSpecification(
      name: "weight", shape: [outputChannels, inputChannels / groups, kernelSize.height, kernelSize.width],
      initializer: weightInitializer)
    let bias = ParameterSpecification(
      name: "bias", shape: [outputChannels], initializer: biasInitializer ?? .fanIn(fanIn), role: .bias)
    return hasBias ? [weight, bias] : [weight]
  }

  /// What the kernels keep of each image, and the weights in their order.
  public func memory(for input: Shape) -> LayerMemory {
    let form = form(for: input)
    var memory = LayerMemory()
    memory.saved = form.keptCount
    memory.packed = form.preparedCount
    memory.workspace = form.workspaceCount
    memory.gradientFollowsBackward = true
    memory.canRemakeSaved = form.canRemakeKept
    memory.scratchRows = form.scratchRows
    memory.backwardReads = [form.canRemakeKept ? .input : [], rectifies ? .output : []]
    memory.gradientReads = []
    return memory
  }

  /// Each output is a sum over one window.
  public func cost(for input: Shape) -> LayerCost {
    let form = form(for: input)
    let (unit, outputs) = (weightCount / outputChannels, form.outputHeight * form.outputWidth)
    return LayerCost(forward: weightCount * form.positions, gradientOfUnit: [unit * outputs, outputs])
  }

  /// A ReLU, a 2×2 max-pooling, and, where nothing is trained, a batch normalisation right behind the convolution, and any
  /// activation behind all of these.
  public func absorbing(_ next: any Layer, input: Shape, isTraining: Bool) -> (any Layer)? {
    guard activation == .identity else { return nil }
    var layer = self
    let function = (next as? any ActivationLayer)?.activation
    if function == .rectifier, !rectifies {
      layer.rectifies = true
    } else if let pool = next as? MaxPool2d, pool == MaxPool2d(2), !pools, canPool(input) {
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
    let form = form(for: pass.inputShape)
    if let folded {
      // All parameters are there before the first is packed, and none of them changes afterwards.
      if pass.parameter == 0 { pack(folded, form, &pass) }
    } else if pass.parameter == 0 {
      form.prepareWeights(
        units: pass.units, weight: pass.parameters.extracting(0..<weightCount), prepared: &pass.packed)
    } else {
      form.prepareBias(
        units: pass.units, bias: pass.parameters.extracting(weightCount..<pass.parameters.count),
        prepared: &pass.packed)
    }
  }

  /// Packs weight · s and (bias − mean) · s + shift, with s the normalisation's scale over its running deviation.
  private func pack(_ normalization: BatchNorm2d, _ form: ConvolutionForm, _ pass: inout PackPass) {
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
    form.prepareWeights(units: units, weight: weight.span, prepared: &pass.packed)
    form.prepareBias(units: units, bias: bias.span, prepared: &pass.packed)
  }

  /// Convolves each image of (rows, inputChannels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    form(for: pass.inputShape).forward(&pass)
    if activation != .identity { Kernel.activate(activation, &pass.output) }
  }

  /// Convolves the output gradients with the flipped kernel.
  public func backward(_ pass: inout BackwardPass) { form(for: pass.inputShape).backward(&pass) }

  /// The weight's or the bias's gradient for some output channels, summed over rows and positions.
  public func gradient(_ pass: inout GradientPass) { form(for: pass.inputShape).gradient(&pass) }

  private var weightCount: Int { outputChannels * (inputChannels / groups) * kernelSize.height * kernelSize.width }

  var keepsLayout: Bool { false }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    (layer.inputLayout, layer.outputLayout) = (input, output)
    return layer
  }

  /// Whether a 2×2 max-pooling can be computed with the convolution.
  private func canPool(_ input: Shape) -> Bool {
    let isDense = max(stride.height, stride.width, dilation.height, dilation.width) == 1
    let form = form(for: input)
    return groups == 1 && isDense && min(form.outputHeight, form.outputWidth) >= 2
  }

  /// The rows and columns over which the kernel reaches, less one.
  private var reach: Size2d {
    Size2d(height: dilation.height * (kernelSize.height - 1), width: dilation.width * (kernelSize.width - 1))
  }

  /// The padding at each edge.
  private var edges: EdgePadding {
    EdgePadding(
      top: padding.height, bottom: isSame ? reach.height - padding.height : padding.height, left: padding.width,
      right: isSame ? reach.width - padding.width : padding.width)
  }

  /// How the convolution, with what it has absorbed, is computed.
  private func form(for input: Shape) -> ConvolutionForm {
    let edges = edges
    let isPlain = paddingMode == .zeros && edges.top == edges.bottom && edges.left == edges.right
    if groups == 1 && (isPlain || edges == EdgePadding(top: 0, bottom: 0, left: 0, right: 0)) {
      return .dense(
        ConvolutionBlock(
          geometry(height: input[1], width: input[2], padding: padding), rectifies: rectifies, pools: pools,
          inputLayout: inputLayout, outputLayout: outputLayout))
    }
    let isDepthwise = groups == inputChannels && groups == outputChannels && groups > 1
    let copied = PaddingGeometry(
      channels: inputChannels, height: input[1], width: input[2],
      copiedChannels: isDepthwise ? nil : inputChannels / groups,
      top: edges.top, bottom: edges.bottom, left: edges.left, right: edges.right, mode: paddingMode,
      layout: inputLayout, paddedLayout: isDepthwise ? .channelsLast : inputLayout,
      paddedChannels: isDepthwise ? DepthwiseGeometry.pixel(channels: inputChannels) : nil)
    if isDepthwise {
      return .depthwise(
        DepthwiseConvolution(
          DepthwiseGeometry(
            channels: inputChannels, paddedHeight: copied.paddedHeight, paddedWidth: copied.paddedWidth,
            kernelHeight: kernelSize.height, kernelWidth: kernelSize.width, strideY: stride.height,
            strideX: stride.width, dilationY: dilation.height, dilationX: dilation.width),
          input: copied, rectifies: rectifies, outputLayout: outputLayout))
    }
    return .grouped(
      GroupedConvolution(
        groups: groups, part: geometry(height: copied.paddedHeight, width: copied.paddedWidth, padding: 0),
        input: copied, rectifies: rectifies, pools: pools, outputLayout: outputLayout))
  }

  /// The sizes of one group's convolution.
  private func geometry(height: Int, width: Int, padding: Size2d) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: inputChannels / groups, inputHeight: height, inputWidth: width,
      outputChannels: outputChannels / groups, kernelHeight: kernelSize.height, kernelWidth: kernelSize.width,
      strideY: stride.height, strideX: stride.width, paddingY: padding.height, paddingX: padding.width,
      dilationY: dilation.height, dilationX: dilation.width)
  }
}
