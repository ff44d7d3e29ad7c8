import Kernels
import Requirements

/// The maximum of each window of each channel.
///
/// Input (rows, channels, height, width), output (rows, channels, height′, width′) with
/// height′ = ⌊(height + 2·padding − kernel) / stride⌋ + 1. Padding counts as −∞ and is at most half the kernel. Of equal
/// maxima, the first in row-major order takes the whole gradient, as in PyTorch's `nn.MaxPool2d`.
///
/// ```swift
/// let layer = MaxPool2d(2)
/// print(try layer.outputShape(for: [6, 28, 28]))  // (6, 14, 14)
/// ```
public struct MaxPool2d: ImageLayer, Hashable {
  /// The window's height and width.
  public let kernelSize: Size2d
  /// The step from one window to the next.
  public let stride: Size2d
  /// The rows and columns of −∞ on each side.
  public let padding: Size2d
  private var layout = ImageLayout.channelsFirst

  /// Pooling over windows of `kernelSize`; by default they do not overlap.
  public init(_ kernelSize: Size2d, stride: Size2d? = nil, padding: Size2d = 0) {
    let stride = stride ?? kernelSize
    require(kernelSize.isAtLeast(1), "A window must be at least 1×1, not \(kernelSize).")
    require(stride.isAtLeast(1), "A stride must be at least 1×1, not \(stride).")
    require(
      padding.isAtLeast(0) && padding.height * 2 <= kernelSize.height && padding.width * 2 <= kernelSize.width,
      "Padding of \(padding) must be between 0 and half the window of \(kernelSize).")
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
  }

  /// (channels, height′, width′), for an input of (channels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 3 else {
      throw ShapeError("Pooling takes (channels, height, width), but its input is \(input).")
    }
    let padded = Size2d(height: input[1] + 2 * padding.height, width: input[2] + 2 * padding.width)
    guard padded.height >= kernelSize.height && padded.width >= kernelSize.width else {
      throw ShapeError("A window of \(kernelSize) does not fit into an input of \(padded).")
    }
    let geometry = geometry(for: input)
    return [input[0], geometry.outputHeight, geometry.outputWidth]
  }

  /// The way back looks for each window's maximum again.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: .input) }

  /// The maximum of each window of (rows, channels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    Kernel.maxPoolForward(geometry(for: pass.inputShape), rows: pass.rows, input: pass.input, output: &pass.output)
  }

  /// Adds each window's gradient where its maximum is.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.maxPoolBackward(
      geometry(for: pass.inputShape), rows: pass.rows, input: pass.input, outputGradient: pass.outputGradient,
      inputGradient: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }

  private func geometry(for input: Shape) -> PoolingGeometry {
    PoolingGeometry(
      channels: input[0], inputHeight: input[1], inputWidth: input[2], kernelHeight: kernelSize.height,
      kernelWidth: kernelSize.width, strideY: stride.height, strideX: stride.width, paddingY: padding.height,
      paddingX: padding.width, layout: layout)
  }
}
