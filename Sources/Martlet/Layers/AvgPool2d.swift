import Kernels
import Requirements

/// The mean of each window of each channel.
///
/// Input (rows, channels, height, width), output (rows, channels, height′, width′) with
/// height′ = ⌊(height + 2·padding − kernel) / stride⌋ + 1. Padding is at most half the kernel, and counts as zeros unless it is said
/// not to count, as in PyTorch's `nn.AvgPool2d`.
///
/// ```swift
/// print(try AvgPool2d(2).outputShape(for: [6, 28, 28]))  // (6, 14, 14)
/// ```
public struct AvgPool2d: ImageLayer, Hashable {
  /// The window's height and width.
  public let kernelSize: Size2d
  /// The step from one window to the next.
  public let stride: Size2d
  /// The rows and columns of padding on each side.
  public let padding: Size2d
  /// Whether padding counts as zeros.
  public let countsPadding: Bool
  private var layout = ImageLayout.channelsFirst

  /// Pooling over windows of `kernelSize`; by default they do not overlap.
  public init(_ kernelSize: Size2d, stride: Size2d? = nil, padding: Size2d = 0, countsPadding: Bool = true) {
    let windows = MaxPool2d(kernelSize, stride: stride, padding: padding)
    (self.kernelSize, self.stride, self.padding) = (windows.kernelSize, windows.stride, windows.padding)
    self.countsPadding = countsPadding
  }

  /// (channels, height′, width′), for an input of (channels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    try MaxPool2d(kernelSize, stride: stride, padding: padding).outputShape(for: input)
  }

  /// The way back shares out gradients alone.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: []) }

  /// The mean of each window of (rows, channels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    Kernel.averagePoolForward(geometry(pass.context), rows: pass.rows, input: pass.input, output: &pass.output)
  }

  /// Shares each window's gradient out among its inputs.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.averagePoolBackward(
      geometry(pass.context), rows: pass.rows, outputGradient: pass.outputGradient, inputGradient: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }

  private func geometry(_ context: PassContext) -> AveragePoolingGeometry {
    let (input, output) = (context.inputShape, context.outputShape)
    return AveragePoolingGeometry(
      channels: input[0],
      vertical: AverageWindows(
        input: input[1], output: output[1], kernel: kernelSize.height, stride: stride.height, padding: padding.height),
      horizontal: AverageWindows(
        input: input[2], output: output[2], kernel: kernelSize.width, stride: stride.width, padding: padding.width),
      countsPadding: countsPadding, layout: layout)
  }
}
