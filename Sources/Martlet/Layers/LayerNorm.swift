import Kernels
import Requirements

/// Layer normalisation: each row by its own mean and variance, over its last sizes. It does not look at other rows.
///
/// y = (x − mean) / √(variance + ε) · weight + bias, with the mean and variance of the last sizes of the input, those of the
/// normalised shape, and a weight and a bias for each element of it: `weight` and `bias`, as in PyTorch's `nn.LayerNorm`.
///
/// Ba, Kiros and Hinton, "Layer Normalization" (2016).
///
/// ```swift
/// let layer = LayerNorm([64])
/// print(try layer.outputShape(for: [64]), try layer.outputShape(for: [10, 64]))  // (64,) (10, 64)
/// ```
public struct LayerNorm: Layer, Hashable {
  /// The last sizes of the input, which are normalised over.
  public let normalizedShape: Shape
  /// ε, what is added to the variance.
  public let epsilon: Float
  /// Whether each element has a trained scale, `weight`.
  public let hasScale: Bool
  /// Whether each element has a trained shift, `bias`.
  public let hasShift: Bool

  /// A normalisation over the last sizes of the input.
  ///
  /// - Parameters:
  ///   - normalizedShape: the last sizes of the input, or all of them.
  ///   - epsilon: ε, above 0.
  ///   - scale: whether each element has a trained scale.
  ///   - shift: whether each element has a trained shift.
  public init(_ normalizedShape: Shape, epsilon: Float = 1e-5, scale: Bool = true, shift: Bool = true) {
    require(
      normalizedShape.rank >= 1 && normalizedShape.count >= 1,
      "A layer normalisation needs at least one size, and none of 0: \(normalizedShape).")
    require(epsilon > 0, "The ε of a normalisation must be above 0, not \(epsilon).")
    self.normalizedShape = normalizedShape
    self.epsilon = epsilon
    (hasScale, hasShift) = (scale, shift)
  }

  /// The input's own shape, which must end in the normalised shape.
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.dimensions.suffix(normalizedShape.rank).elementsEqual(normalizedShape.dimensions) else {
      throw ShapeError("This normalization takes shapes that end in \(normalizedShape), but its input is \(input).")
    }
    return input
  }

  /// Scale and shift, each if there is one.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    let scale = [
      ParameterSpecification(name: "weight", shape: normalizedShape, initializer: .constant(1), role: .scale)
    ]
    let shift = [
      ParameterSpecification(name: "bias", shape: normalizedShape, initializer: .constant(0), role: .bias)
    ]
    return (hasScale ? scale : []) + (hasShift ? shift : [])
  }

  /// Of each row, each run's mean and inverse deviation.
  public func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory(backwardReads: .input)
    memory.saved = 2 * runCount(input)
    memory.workspace = 4 * runCount(input)
    return memory
  }

  /// A multiplication for each element.
  public func cost(for input: Shape) -> LayerCost {
    let unit = input.count / normalizedShape[0]
    return LayerCost(forward: input.count, gradientOfUnit: parameters(for: input).map { _ in unit })
  }

  /// Normalises each row by itself.
  public func forward(_ pass: inout ForwardPass) {
    let (size, runs, width) = (normalizedShape.count, runCount(pass.inputShape), pass.inputShape.count)
    // A run is what a channel is elsewhere.
    let geometry = ChannelGeometry(rows: 1, channels: runs, positions: size, layout: .channelsFirst)
    for row in 0..<pass.rows {
      Kernel.channelMoments(
        geometry, input: pass.input.extracting(row * width..<(row + 1) * width), workspace: &pass.workspace,
        at: 2 * runs)
      for run in 0..<runs {
        let (mean, square) = (pass.workspace[2 * runs + run], pass.workspace[3 * runs + run])
        let inverse = 1 / (square / Float(size) + epsilon).squareRoot()
        if pass.isTraining {
          pass.saved[2 * (row * runs + run)] = mean
          pass.saved[2 * (row * runs + run) + 1] = inverse
        }
        let start = row * width + run * size
        Kernel.layerNormForward(
          input: pass.input.extracting(start..<start + size), mean: mean, inverse: inverse,
          scales: scales(pass.parameters), shifts: shifts(pass.parameters), output: &pass.output, at: start)
      }
    }
  }

  /// Each run by itself, as for a batch normalisation of its elements.
  public func backward(_ pass: inout BackwardPass) {
    let (size, runs) = (normalizedShape.count, runCount(pass.inputShape))
    for run in 0..<pass.rows * runs {
      let elements = run * size..<(run + 1) * size
      Kernel.layerNormBackward(
        outputGradient: pass.outputGradient.extracting(elements), input: pass.input.extracting(elements),
        mean: pass.saved[2 * run], inverse: pass.saved[2 * run + 1], scales: scales(pass.parameters),
        inputGradient: &pass.inputGradient, at: elements.lowerBound)
    }
  }

  /// Σ g·x̂ for the weight, and Σ g for the bias, over rows and runs in order.
  public func gradient(_ pass: inout GradientPass) {
    let (size, runs) = (normalizedShape.count, runCount(pass.inputShape))
    let unit = size / normalizedShape[0]
    pass.gradient.update(repeating: 0)
    for run in 0..<pass.rows * runs {
      let elements = run * size + pass.units.lowerBound * unit..<run * size + pass.units.upperBound * unit
      let gradient = pass.outputGradient.extracting(elements)
      if hasScale && pass.parameter == 0 {
        Kernel.layerNormAddScaleGradient(
          outputGradient: gradient, input: pass.input.extracting(elements), mean: pass.saved[2 * run],
          inverse: pass.saved[2 * run + 1], into: &pass.gradient)
      } else {
        Kernel.accumulate(gradient, into: &pass.gradient)
      }
    }
  }

  /// How many runs of the normalised shape an input has.
  private func runCount(_ input: Shape) -> Int { input.count / normalizedShape.count }

  @_lifetime(copy parameters)
  private func scales(_ parameters: Span<Float>) -> Span<Float> {
    parameters.extracting(0..<(hasScale ? normalizedShape.count : 0))
  }

  @_lifetime(copy parameters)
  private func shifts(_ parameters: Span<Float>) -> Span<Float> {
    parameters.extracting((hasScale ? normalizedShape.count : 0)..<parameters.count)
  }
}
