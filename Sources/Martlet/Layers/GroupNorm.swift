import Kernels
import Requirements

/// Group normalisation: each row's channels, in groups, by their own mean and variance. It does not look at other rows.
///
/// y = (x − mean) / √(variance + ε) · weight + bias, with the mean and variance of a group's channels at all positions, and a
/// weight and a bias for each channel: `weight` and `bias`, as in PyTorch's `nn.GroupNorm`. One group normalises over all
/// channels, as many groups as channels each channel by itself.
///
/// Wu and He, "Group Normalization" (2018).
///
/// ```swift
/// let layer = GroupNorm(groups: 4, channels: 16)
/// print(try layer.outputShape(for: [16, 8, 8]))  // (16, 8, 8)
/// ```
public struct GroupNorm: Layer, Hashable {
  /// The groups that the channels are cut into.
  public let groups: Int
  /// The channels of one input.
  public let channels: Int
  /// ε, what is added to the variance.
  public let epsilon: Float
  /// Whether each channel has a trained scale and shift.
  public let isAffine: Bool

  /// A normalisation in `groups` groups, which must divide the channels.
  public init(groups: Int, channels: Int, epsilon: Float = 1e-5, affine: Bool = true) {
    require(
      groups >= 1 && channels >= groups && channels % groups == 0,
      "\(channels) channels cannot be cut into \(groups) groups.")
    require(epsilon > 0, "The ε of a normalisation must be above 0, not \(epsilon).")
    self.groups = groups
    self.channels = channels
    self.epsilon = epsilon
    isAffine = affine
  }

  /// The input's own shape, (channels, …).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank >= 1, input[0] == channels else {
      throw ShapeError("This normalization takes \(channels) channels, but its input is \(input).")
    }
    return input
  }

  /// Scale and shift, if there are any.
  public func parameters(for input: Shape) -> [ParameterSpecification] {
    guard isAffine else { return [] }
    return [
      ParameterSpecification(name: "weight", shape: [channels], initializer: .constant(1), role: .scale),
      ParameterSpecification(name: "bias", shape: [channels], initializer: .constant(0), role: .bias),
    ]
  }

  /// Of each row, each group's mean and inverse deviation, and each channel's share of the parameters' gradients.
  public func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory(backwardReads: .input)
    memory.gradientReads = []
    memory.saved = 2 * groups + 2 * channels
    memory.workspace = 8 * channels
    memory.gradientFollowsBackward = true
    return memory
  }

  /// A multiplication for each element.
  public func cost(for input: Shape) -> LayerCost { LayerCost(forward: input.count, gradientOfUnit: [1, 1]) }

  /// Normalises each row by itself.
  public func forward(_ pass: inout ForwardPass) {
    let shape = pass.inputShape
    let (width, size) = (shape.count, shape.count / groups)
    let (moments, savedCount) = (4 * channels, 2 * groups + 2 * channels)
    for row in 0..<pass.rows {
      let input = pass.input.extracting(row * width..<(row + 1) * width)
      groupMoments(input, &pass.workspace, at: moments)
      for group in 0..<groups {
        let variance = pass.workspace[moments + groups + group] / Float(size)
        pass.workspace[moments + groups + group] = 1 / (variance + epsilon).squareRoot()
      }
      if pass.isTraining {
        for index in 0..<2 * groups { pass.saved[row * savedCount + index] = pass.workspace[moments + index] }
      }
      for channel in 0..<channels {
        let group = channel / (channels / groups)
        pass.workspace[channel] = -pass.workspace[moments + group]
        pass.workspace[channels + channel] =
          pass.workspace[moments + groups + group] * (isAffine ? pass.parameters[channel] : 1)
        pass.workspace[2 * channels + channel] = isAffine ? pass.parameters[channels + channel] : 0
      }
      Kernel.channelAffine(
        geometry(shape), input: input, activation: .identity, output: &pass.output, at: row * width,
        workspace: &pass.workspace)
    }
  }

  /// Each row by itself, as for a batch normalisation of its groups; keeps each channel's Σ g and Σ g·(x − mean).
  public func backward(_ pass: inout BackwardPass) {
    let shape = pass.inputShape
    let (width, size) = (shape.count, Float(shape.count / groups))
    let savedCount = 2 * groups + 2 * channels
    let perGroup = channels / groups
    for row in 0..<pass.rows {
      let elements = row * width..<(row + 1) * width
      let (input, gradient) = (pass.input.extracting(elements), pass.outputGradient.extracting(elements))
      let (means, sums) = (row * savedCount, row * savedCount + 2 * groups)
      for channel in 0..<channels { pass.workspace[channel] = -pass.saved[means + channel / perGroup] }
      Kernel.channelGradientSums(
        geometry(shape), outputGradient: gradient, input: input, sums: &pass.writableSaved, at: sums,
        workspace: &pass.workspace)
      guard pass.needsInputGradient else { continue }
      for group in 0..<groups {
        let inverse = pass.saved[means + groups + group]
        let own = group * perGroup..<(group + 1) * perGroup
        var (plain, weighted): (Float, Float) = (0, 0)
        for channel in own {
          let weight = isAffine ? pass.parameters[channel] : 1
          plain += weight * pass.saved[sums + channel]
          weighted += weight * pass.saved[sums + channels + channel]
        }
        for channel in own {
          pass.workspace[channels + channel] = inverse * (isAffine ? pass.parameters[channel] : 1)
          pass.workspace[2 * channels + channel] = -inverse * inverse * inverse * (weighted / size)
          pass.workspace[3 * channels + channel] = -inverse * (plain / size)
        }
      }
      Kernel.channelAffineGradient(
        geometry(shape), outputGradient: gradient, input: input, inputGradient: &pass.inputGradient,
        at: row * width, workspace: &pass.workspace)
    }
  }

  /// Σ g·x̂ for the weight, and Σ g for the bias, over rows in order.
  public func gradient(_ pass: inout GradientPass) {
    let savedCount = 2 * groups + 2 * channels
    for (index, channel) in pass.units.enumerated() {
      var sum = 0.0
      for row in 0..<pass.rows {
        let (means, sums) = (row * savedCount, row * savedCount + 2 * groups)
        if pass.parameter == 0 {
          let inverse = pass.saved[means + groups + channel / (channels / groups)]
          sum += Double(pass.saved[sums + channels + channel]) * Double(inverse)
        } else {
          sum += Double(pass.saved[sums + channel])
        }
      }
      pass.gradient[index] = Float(sum)
    }
  }

  /// Each group's mean and sum of squares, (2, groups), in `workspace` from `start` on.
  private func groupMoments(_ row: Span<Float>, _ workspace: inout MutableSpan<Float>, at start: Int) {
    // A group is one run of memory, as a channel is elsewhere.
    let geometry = ChannelGeometry(
      rows: 1, channels: groups, positions: row.count / groups, layout: .channelsFirst)
    Kernel.channelMoments(geometry, input: row, workspace: &workspace, at: start)
  }

  private func geometry(_ shape: Shape) -> ChannelGeometry {
    ChannelGeometry(rows: 1, channels: channels, positions: shape.count / channels, layout: .channelsFirst)
  }
}
