import Kernels
import Requirements

/// Sets whole channels to 0 at random while training, and scales the others up so that their mean stays: y = x / (1 − p), or 0 with
/// probability p. Otherwise it changes nothing.
///
/// Channel c of row r in step s is kept if `random.stream(r).uniform(at: c) >= p`, with `random` the layer's numbers of step s
/// (see ``PassContext/random``). On the way back the same numbers are drawn again, so nothing is saved. PyTorch's `nn.Dropout2d`,
/// but for the numbers. ``Dropout`` drops elements.
///
/// Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional Networks" (2015).
///
/// ```swift
/// print(try Dropout2d(0.25).outputShape(for: [16, 8, 8]))  // (16, 8, 8)
/// ```
public struct Dropout2d: ImageLayer, Hashable {
  /// p, from 0 to less than 1.
  public let probability: Float
  private var layout = ImageLayout.channelsFirst

  /// Dropout of channels with the given probability, from 0 to less than 1.
  public init(_ probability: Float = 0.5) {
    require(probability >= 0 && probability < 1, "A dropout's probability must be at least 0 and below 1.")
    self.probability = probability
  }

  /// The input's own shape, (channels, height, width).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == 3 else {
      throw ShapeError("A dropout of channels takes (channels, height, width), but its input is \(input).")
    }
    return input
  }

  /// A factor of each channel.
  public func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory(backwardReads: [])
    memory.workspace = input[0]
    return memory
  }

  /// Drops channels, while training.
  public func forward(_ pass: inout ForwardPass) {
    guard pass.isTraining else { return Kernel.copy(pass.input, into: &pass.output) }
    mask(pass.context, pass.input, &pass.output, &pass.workspace)
  }

  /// Drops the gradients of what was dropped.
  public func backward(_ pass: inout BackwardPass) {
    mask(pass.context, pass.outputGradient, &pass.inputGradient, &pass.workspace)
  }

  private func mask(
    _ context: PassContext, _ values: Span<Float>, _ result: inout MutableSpan<Float>,
    _ workspace: inout MutableSpan<Float>
  ) {
    let (random, shape) = (context.random, context.inputShape)
    let (channels, positions) = (shape[0], shape.count / shape[0])
    let scale = 1 / (1 - probability)
    for (place, row) in context.rows.enumerated() {
      let (numbers, start) = (random.stream(row), place * shape.count)
      for channel in 0..<channels {
        workspace[channel] = numbers.uniform(at: channel) >= probability ? scale : 0
      }
      // What is dropped is 0 also where it was infinite.
      switch layout {
      case .channelsFirst:
        for channel in 0..<channels {
          let first = start + channel * positions
          let factor = workspace[channel]
          for index in first..<first + positions { result[index] = factor == 0 ? 0 : values[index] * factor }
        }
      case .channelsLast:
        for position in 0..<positions {
          let first = start + position * channels
          for channel in 0..<channels {
            let factor = workspace[channel]
            result[first + channel] = factor == 0 ? 0 : values[first + channel] * factor
          }
        }
      }
    }
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer {
    var layer = self
    layer.layout = input
    return layer
  }
}
