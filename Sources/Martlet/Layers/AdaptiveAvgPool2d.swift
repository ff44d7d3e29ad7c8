import Kernels
import Requirements

/// Means of as many windows as are asked for, whatever the input's size: with an output of 1×1, the mean of each channel.
///
/// Window i of n along a side of length m covers ⌊i·m / n⌋ up to ⌈(i + 1)·m / n⌉, as in PyTorch's `nn.AdaptiveAvgPool2d`.
///
/// ```swift
/// print(try AdaptiveAvgPool2d(1).outputShape(for: [512, 7, 7]))  // (512, 1, 1)
/// ```
public struct AdaptiveAvgPool2d: ImageLayer, Hashable {
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

  /// The way back shares out gradients alone.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: []) }

  /// The mean of each window of (rows, channels, height, width).
  public func forward(_ pass: inout ForwardPass) {
    Kernel.averagePoolForward(geometry(pass.inputShape), rows: pass.rows, input: pass.input, output: &pass.output)
  }

  /// Shares each window's gradient out among its inputs.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.averagePoolBackward(
      geometry(pass.inputShape), rows: pass.rows, outputGradient: pass.outputGradient,
      inputGradient: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }

  private func geometry(_ input: Shape) -> AveragePoolingGeometry {
    AveragePoolingGeometry(
      channels: input[0], vertical: AverageWindows(input: input[1], output: outputSize.height),
      horizontal: AverageWindows(input: input[2], output: outputSize.width), layout: layout)
  }
}
