import Kernels
import Requirements

/// What ``BatchNorm1d`` and ``BatchNorm2d`` have in common: each channel is normalised by its mean and variance over the batch.
///
/// Parameters, as in PyTorch: `weight` and `bias`, each if there is one, then `running_mean` and `running_var`, which are measured.
protocol BatchNormalization: Layer {
  var channels: Int { get }
  var epsilon: Float { get }
  var momentum: Float { get }
  var hasScale: Bool { get }
  var hasShift: Bool { get }
  /// The first values of the scale.
  var weightInitializer: Initializer { get }
  /// What was absorbed: a function of the normalised values.
  var activation: Activation { get set }
  /// The order of the elements of an image.
  var layout: ImageLayout { get }
}

extension BatchNormalization {
  /// Scale and shift, if there are any, and the running statistics.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    let shape: Shape = [channels]
    let scale = [ParameterSpecification(name: "weight", shape: shape, initializer: weightInitializer, role: .scale)]
    let shift = [ParameterSpecification(name: "bias", shape: shape, initializer: .constant(0), role: .bias)]
    let statistics = [
      ParameterSpecification(name: "running_mean", shape: shape, initializer: .constant(0), role: .statistic),
      ParameterSpecification(name: "running_var", shape: shape, initializer: .constant(1), role: .statistic),
    ]
    return (hasScale ? scale : []) + (hasShift ? shift : []) + statistics
  }

  /// Moments of each block of rows, sums of gradients of each, and some coefficients of each channel.
  public func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory()
    memory.forwardSums = 2 * channels
    memory.backwardSums = 2 * channels
    memory.workspace = 8 * channels
    // Other functions' gradients start from the input again.
    memory.backwardReads = activation == .rectifier ? [.input, .output] : .input
    memory.gradientReads = []
    return memory
  }

  /// A multiplication for each element.
  public func cost(for input: Shape) -> LayerCost {
    LayerCost(forward: input.count, gradientOfUnit: Array(repeating: 1, count: trainedCount + 2))
  }

  /// Two for vectors: of one value there is no variance.
  public func minimumRows(for input: Shape) -> Int { input.count == channels ? 2 : 1 }

  /// An activation.
  public func absorbing(_ next: any Layer, input: Shape, isTraining: Bool) -> (any Layer)? {
    guard let next = next as? any ActivationLayer, activation == .identity else { return nil }
    var layer = self
    layer.activation = next.activation
    return layer
  }

  /// Each block's moments.
  public func sumForward(_ pass: inout SumPass) {
    let width = pass.inputShape.count
    for block in pass.blocks {
      let rows = pass.rows(of: block)
      Kernel.channelMoments(
        geometry(pass.inputShape, rows: rows.count),
        input: pass.input.extracting(rows.lowerBound * width..<rows.upperBound * width), sums: &pass.sums,
        at: (block - pass.blocks.lowerBound) * 2 * channels, workspace: &pass.workspace)
    }
  }

  /// (x − mean) / √(variance + ε) · weight + bias, with the batch's own statistics while training, and the running ones
  /// otherwise.
  public func forward(_ pass: inout ForwardPass) {
    if pass.isTraining {
      moments(pass.inputShape, pass.context.blocks, pass.forwardSums, &pass.workspace, at: 3 * channels)
    } else {
      let first = trainedCount * channels
      for index in 0..<2 * channels { pass.workspace[3 * channels + index] = pass.parameters[first + index] }
    }
    writeCoefficients(pass.parameters, &pass.workspace)
    Kernel.channelAffine(
      geometry(pass.inputShape, rows: pass.rows), input: pass.input, activation: activation, output: &pass.output,
      workspace: &pass.workspace)
  }

  /// Each block's Σ g and Σ g·(x − mean), with g the gradient behind the activation, which replaces that of the output.
  public func sumBackward(_ pass: inout SumPass) {
    moments(pass.inputShape, pass.context.blocks, pass.forwardSums, &pass.workspace, at: 3 * channels)
    for channel in 0..<channels { pass.workspace[channel] = -pass.workspace[3 * channels + channel] }
    switch activation {
    case .identity: break
    case .rectifier:
      Kernel.rectifyGradient(
        rows: 1, width: pass.output.count, columns: 0..<pass.output.count, input: pass.output,
        gradient: &pass.writableOutputGradient)
    default:
      writeCoefficients(pass.parameters, &pass.workspace)
      Kernel.channelActivationGradient(
        geometry(pass.inputShape, rows: pass.rows), input: pass.input, activation: activation,
        gradient: &pass.writableOutputGradient, workspace: &pass.workspace)
    }
    let width = pass.inputShape.count
    for block in pass.blocks {
      let rows = pass.rows(of: block)
      let elements = rows.lowerBound * width..<rows.upperBound * width
      Kernel.channelGradientSums(
        geometry(pass.inputShape, rows: rows.count), outputGradient: pass.outputGradient.extracting(elements),
        input: pass.input.extracting(elements), sums: &pass.sums,
        at: (block - pass.blocks.lowerBound) * 2 * channels, workspace: &pass.workspace)
    }
  }

  /// With x̂ the normalised input and n its elements a channel: weight / √(variance + ε) · (g − Σg / n − x̂ · Σ(g·x̂) / n).
  public func backward(_ pass: inout BackwardPass) {
    let (mean, sums) = (4 * channels, 6 * channels)
    moments(pass.inputShape, pass.context.blocks, pass.forwardSums, &pass.workspace, at: mean)
    Kernel.addBlocks(pass.backwardSums, count: 2 * channels, result: &pass.workspace, at: sums)
    let count = Float(elementCount(pass.inputShape, pass.context.blocks))
    for channel in 0..<channels {
      let inverse = 1 / (pass.workspace[mean + channels + channel] + epsilon).squareRoot()
      let scale = (hasScale ? pass.parameters[channel] : 1) * inverse
      pass.workspace[channel] = -pass.workspace[mean + channel]
      pass.workspace[channels + channel] = scale
      pass.workspace[2 * channels + channel] =
        -scale * inverse * inverse * (pass.workspace[sums + channels + channel] / count)
      pass.workspace[3 * channels + channel] = -scale * (pass.workspace[sums + channel] / count)
    }
    Kernel.channelAffineGradient(
      geometry(pass.inputShape, rows: pass.rows), outputGradient: pass.outputGradient, input: pass.input,
      inputGradient: &pass.inputGradient, workspace: &pass.workspace)
  }

  /// Σ g·x̂ for the weight, and Σ g for the bias.
  public func gradient(_ pass: inout GradientPass) {
    moments(pass.inputShape, pass.context.blocks, pass.forwardSums, &pass.workspace, at: 0)
    Kernel.addBlocks(pass.backwardSums, count: 2 * channels, result: &pass.workspace, at: 2 * channels)
    for (index, channel) in pass.units.enumerated() {
      let inverse = 1 / (pass.workspace[channels + channel] + epsilon).squareRoot()
      pass.gradient[index] =
        hasScale && pass.parameter == 0
        ? pass.workspace[3 * channels + channel] * inverse : pass.workspace[2 * channels + channel]
    }
  }

  /// The old value's share 1 − momentum, and the batch's share; the running variance takes n − 1 for the batch's.
  public func statistic(_ pass: inout StatisticPass) {
    moments(pass.inputShape, pass.context.blocks, pass.forwardSums, &pass.workspace, at: 0)
    let isVariance = pass.parameter == trainedCount + 1
    let count = Double(elementCount(pass.inputShape, pass.context.blocks))
    let momentum = pass.momentum ?? momentum
    for (index, channel) in pass.units.enumerated() {
      let value =
        isVariance
        ? Float(Double(pass.workspace[channels + channel]) * count / max(1, count - 1)) : pass.workspace[channel]
      // With a share of 1 nothing is left of the old value, not even a NaN.
      pass.values[index] = momentum == 1 ? value : (1 - momentum) * pass.values[index] + momentum * value
    }
  }

  /// The batch's mean and variance, (2, channels), in `workspace` from `start` on.
  private func moments(
    _ shape: Shape, _ blocks: RowBlocks, _ sums: Span<Float>, _ workspace: inout MutableSpan<Float>, at start: Int
  ) {
    let positions = shape.count / channels
    Kernel.combineMoments(
      channels: channels, sums: sums, counts: { blocks.rows(of: $0).count * positions }, result: &workspace, at: start)
  }

  /// Each channel's −mean, weight / √(variance + ε) and bias, (3, channels), before its mean and variance, (2, channels).
  private func writeCoefficients(_ parameters: Span<Float>, _ workspace: inout MutableSpan<Float>) {
    let shift = hasScale ? channels : 0
    for channel in 0..<channels {
      let deviation = (workspace[4 * channels + channel] + epsilon).squareRoot()
      workspace[channel] = -workspace[3 * channels + channel]
      workspace[channels + channel] = (hasScale ? parameters[channel] : 1) / deviation
      workspace[2 * channels + channel] = hasShift ? parameters[shift + channel] : 0
    }
  }

  /// The parameters that are no statistics.
  private var trainedCount: Int { (hasScale ? 1 : 0) + (hasShift ? 1 : 0) }

  private func elementCount(_ shape: Shape, _ blocks: RowBlocks) -> Int { blocks.rowCount * (shape.count / channels) }

  private func geometry(_ shape: Shape, rows: Int) -> ChannelGeometry {
    ChannelGeometry(rows: rows, channels: channels, positions: shape.count / channels, layout: layout)
  }

  /// Traps where a setting makes no sense.
  func checkSettings() {
    require(channels >= 1, "A normalisation needs at least one channel, not \(channels).")
    require(epsilon > 0, "The ε of a normalisation must be above 0, not \(epsilon).")
    require(momentum >= 0 && momentum <= 1, "The momentum of running statistics must be from 0 to 1, not \(momentum).")
  }
}
