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
public struct Conv2d: Layer {
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

  /// A convolution from `inputChannels` to `outputChannels` channels.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernelSize: Size2d, stride: Size2d = 1, padding: Size2d = 0,
    dilation: Size2d = 1, bias: Bool = true
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
    hasBias = bias
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
    let geometry = geometry(for: input)
    return [outputChannels, geometry.outputHeight, geometry.outputWidth]
  }

  /// The weight, and the bias if there is one.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    let fanIn = inputChannels * kernelSize.height * kernelSize.width
    let weight = ParameterSpecification(
      name: "weight", shape: [outputChannels, inputChannels, kernelSize.height, kernelSize.width],
      initializer: .fanIn(fanIn))
    let bias = ParameterSpecification(name: "bias", shape: [outputChannels], initializer: .fanIn(fanIn))
    return hasBias ? [weight, bias] : [weight]
  }

  /// Room for rearranged weights and images, and for the weight gradients' partial sums.
  public func workspaceCount(for input: Shape) -> Int {
    Kernel.convolutionLayerWorkspaceCount(geometry(for: input))
  }

  /// Convolves each image of (rows, inputChannels, height, width).
  public func forward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    Kernel.convolutionLayerForward(
      self.geometry(for: geometry.input), rows: geometry.rows, input: input, weight: weight(parameters),
      bias: parameters.extracting(weightCount..<parameters.count), output: &output, workspace: &workspace)
  }

  /// Convolves the output gradients with the flipped kernel.
  public func backward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    Kernel.convolutionLayerBackward(
      self.geometry(for: geometry.input), rows: geometry.rows, weight: weight(parameters),
      outputGradient: outputGradient, inputGradient: &inputGradient, workspace: &workspace)
  }

  /// The weight's or the bias's gradient for some output channels, summed over rows and positions.
  public func gradient(
    ofParameter index: Int, units: Range<Int>, _ geometry: LayerGeometry, input: Span<Float>,
    outputGradient: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    if index == 0 {
      Kernel.convolutionLayerWeightGradient(
        self.geometry(for: geometry.input), rows: geometry.rows, units: units, input: input,
        outputGradient: outputGradient, weightGradient: &gradient, workspace: &workspace)
    } else {
      Kernel.biasGradient(
        rows: geometry.rows, channels: outputChannels, positions: geometry.output[1] * geometry.output[2],
        units: units, outputGradient: outputGradient, biasGradient: &gradient)
    }
  }

  private var weightCount: Int { outputChannels * inputChannels * kernelSize.height * kernelSize.width }

  @_lifetime(copy parameters)
  private func weight(_ parameters: Span<Float>) -> Span<Float> { parameters.extracting(0..<weightCount) }

  /// The sizes that the kernels need.
  func geometry(for input: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: inputChannels, inputHeight: input[1], inputWidth: input[2], outputChannels: outputChannels,
      kernelHeight: kernelSize.height, kernelWidth: kernelSize.width, strideY: stride.height, strideX: stride.width,
      paddingY: padding.height, paddingX: padding.width, dilationY: dilation.height, dilationX: dilation.width)
  }
}
