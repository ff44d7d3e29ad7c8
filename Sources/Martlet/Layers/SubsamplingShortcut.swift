import Kernels
import Requirements

/// A shortcut without parameters from few channels to many: every second pixel, and zeros for the channels that are missing.
///
/// Input (channels, height, width), output (outputChannels, ⌈height / stride⌉, ⌈width / stride⌉): y = x[:, ::stride, ::stride], with
/// ⌊(outputChannels − channels) / 2⌋ channels of zeros before those of the input, and the others behind. It is option A of He, Zhang,
/// Ren and Sun, "Deep Residual Learning for Image Recognition" (2015), for their networks for CIFAR-10.
///
/// ```swift
/// let block = Residual {
///   Conv2d(16, 32, kernelSize: 3, stride: 2, padding: 1, bias: false)
///   BatchNorm2d(32)
///   ReLU()
///   Conv2d(32, 32, kernelSize: 3, padding: 1, bias: false)
///   BatchNorm2d(32)
/// } shortcut: {
///   SubsamplingShortcut(32)
/// }
/// print(try Network(block, inputShape: [16, 32, 32]).outputShape)  // (32, 16, 16)
/// ```
public struct SubsamplingShortcut: ImageLayer, Hashable {
  /// The channels of one output.
  public let outputChannels: Int
  /// The step from one pixel that is taken to the next.
  public let stride: Size2d
  private var layout = ImageLayout.channelsFirst

  /// A shortcut to `outputChannels` channels, which takes every second pixel in both directions unless `stride` says otherwise.
  public init(_ outputChannels: Int, stride: Size2d = 2) {
    require(outputChannels >= 1, "A shortcut needs at least one channel, not \(outputChannels).")
    require(stride.isAtLeast(1), "A stride must be at least 1×1, not \(stride).")
    self.outputChannels = outputChannels
    self.stride = stride
  }

  /// (outputChannels, ⌈height / stride⌉, ⌈width / stride⌉), for an input of (channels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 3, input[0] <= outputChannels else {
      throw ShapeError(
        "A shortcut to \(outputChannels) channels takes (channels, height, width) with as many channels at most, but its input "
          + "is \(input).")
    }
    let geometry = geometry(input)
    return [outputChannels, geometry.outputHeight, geometry.outputWidth]
  }

  /// The way back moves gradients alone.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: []) }

  /// Copies every so many pixels of (rows, channels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    Kernel.subsample(geometry(pass.inputShape), rows: pass.rows, input: pass.input, output: &pass.output)
  }

  /// Copies the gradients of those pixels; the others have none.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.subsampleBackward(
      geometry(pass.inputShape), rows: pass.rows, outputGradient: pass.outputGradient,
      inputGradient: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }

  private func geometry(_ input: Shape) -> SubsamplingGeometry {
    SubsamplingGeometry(
      inputChannels: input[0], inputHeight: input[1], inputWidth: input[2], outputChannels: outputChannels,
      firstChannel: (outputChannels - input[0]) / 2, strideY: stride.height, strideX: stride.width, layout: layout)
  }
}
