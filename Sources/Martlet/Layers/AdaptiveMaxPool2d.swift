import Kernels
import Requirements

/// Maxima of as many windows as are asked for, whatever the input's size: with an output of 1×1, the maximum of each channel.
///
/// Window i of n along a side of length m covers ⌊i·m / n⌋ up to ⌈(i + 1)·m / n⌉, as in PyTorch's `nn.AdaptiveMaxPool2d`. Of equal
/// maxima, the first in row-major order takes the whole gradient.
///
/// ```swift
/// print(try AdaptiveMaxPool2d(1).outputShape(for: [256, 3, 3]))  // (256, 1, 1)
/// ```
public struct AdaptiveMaxPool2d: ImageLayer, Hashable {
  /// The output's height and width.
  public let outputSize: Size2d
  private var layout = ImageLayout.channelsFirst

  /// Pooling to an output of `outputSize`, at least 1×1.
  public init(_ outputSize: Size2d) {
    require(outputSize.isAtLeast(1), "A pooling's output must be at least 1×1, not \(outputSize).")
    self.outputSize = outputSize
  }

  /// (channels, output height, output width), for an input of (channels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 3 else {
      throw ShapeError("Pooling takes (channels, height, width), but its input is \(input).")
    }
    return [input[0], outputSize.height, outputSize.width]
  }

  /// The way back looks for each window's maximum again.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: .input) }

  /// The maximum of each window of (rows, channels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    Kernel.maxPoolForward(geometry(pass.inputShape), rows: pass.rows, input: pass.input, output: &pass.output)
  }

  /// Adds each window's gradient where its maximum is.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.maxPoolBackward(
      geometry(pass.inputShape), rows: pass.rows, input: pass.input, outputGradient: pass.outputGradient,
      inputGradient: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }

  private func geometry(_ input: Shape) -> PoolingGeometry {
    PoolingGeometry(
      channels: input[0], inputHeight: input[1], inputWidth: input[2], outputHeight: outputSize.height,
      outputWidth: outputSize.width, layout: layout)
  }
}
