import Kernels
import Requirements

/// What layers that put a border around images have in common.
protocol PaddingLayer: ImageLayer {
  var padding: EdgePadding { get }
  var mode: PaddingMode { get }
  /// The order of the elements of an image.
  var layout: ImageLayout { get set }
}

extension PaddingLayer {
  /// (channels, top + height + bottom, left + width + right), for an input of (channels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 3 else {
      throw ShapeError("Padding takes (channels, height, width), but its input is \(input).")
    }
    if let problem = padding.problem(mode, height: input[1], width: input[2]) { throw ShapeError(problem) }
    return [input[0], padding.top + input[1] + padding.bottom, padding.left + input[2] + padding.right]
  }

  /// The way back moves gradients alone.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: []) }

  /// Copies (rows, channels, height, width), and what stands around it.
  public func forward(_ pass: inout ForwardPass) {
    Kernel.pad(geometry(pass.inputShape), rows: pass.rows, input: pass.input, output: &pass.output)
  }

  /// Adds up the gradients of all copies of each pixel.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.padBackward(
      geometry(pass.inputShape), rows: pass.rows, outputGradient: pass.outputGradient,
      inputGradient: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }

  /// Traps where a setting makes no sense.
  func checkSettings() {
    require(
      min(padding.top, padding.bottom, padding.left, padding.right) >= 0,
      "Padding cannot be negative: left \(padding.left), right \(padding.right), top \(padding.top), bottom "
        + "\(padding.bottom).")
  }

  private func geometry(_ input: Shape) -> PaddingGeometry {
    PaddingGeometry(
      channels: input[0], height: input[1], width: input[2], top: padding.top, bottom: padding.bottom,
      left: padding.left, right: padding.right, mode: mode, layout: layout, paddedLayout: layout)
  }
}
