import KernelCore
import Requirements

/// What normalisations need: sums and affine functions of each channel.
///
/// Inputs and outputs are (rows, channels, positions) in the geometry's layout; arrays called offsets, scales and so on have
/// one element a channel.
extension Kernel {
  /// Each channel's mean, and the sum of the squares of the differences from it: (2, channels), in `sums` from `start` on.
  ///
  /// - Parameter workspace: at least (2, channels).
  public static func channelMoments(
    _ geometry: ChannelGeometry, input: Span<Float>, sums: inout MutableSpan<Float>, at start: Int = 0,
    workspace: inout MutableSpan<Float>
  ) {
    require(input.count == geometry.count, "A normalisation's input has the wrong size.")
    require(
      sums.count >= start + 2 * geometry.channels && workspace.count >= 2 * geometry.channels,
      "A channel has two sums, and two floats of scratch memory.")
    let means = sums.pointer + start
    set.channelMoments(input.pointer, geometry, means, means + geometry.channels, workspace.pointer)
  }

  /// The same, with the sums in `workspace` itself, from `start` on, and scratch memory at its beginning.
  public static func channelMoments(
    _ geometry: ChannelGeometry, input: Span<Float>, workspace: inout MutableSpan<Float>, at start: Int
  ) {
    require(input.count == geometry.count, "A normalisation's input has the wrong size.")
    require(
      start >= 2 * geometry.channels && workspace.count >= start + 2 * geometry.channels,
      "A channel has two sums, and two floats of scratch memory.")
    let memory = workspace.pointer
    let means = memory + start
    set.channelMoments(input.pointer, geometry, means, means + geometry.channels, memory)
  }

  /// Each channel's mean and variance over all blocks, out of their moments: (2, channels), in `result` from `start` on.
  ///
  /// - Parameters:
  ///   - sums: (blocks, 2, channels).
  ///   - counts: the elements of a channel in each block.
  public static func combineMoments(
    channels: Int, sums: Span<Float>, counts: (Int) -> Int, result: inout MutableSpan<Float>, at start: Int = 0
  ) {
    let blocks = sums.count / (2 * channels)
    require(sums.count == blocks * 2 * channels && blocks <= 64, "The sums of blocks have the wrong size.")
    require(result.count >= start + 2 * channels, "A channel has a mean and a variance.")
    let means = result.pointer + start
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { buffer in
      for block in 0..<blocks { buffer.initializeElement(at: block, to: counts(block)) }
      guard let elements = buffer.baseAddress else { return }
      set.combineMoments(sums.pointer, elements, blocks, channels, means, means + channels)
    }
  }

  /// The sums over blocks, (count), in `result` from `start` on.
  ///
  /// - Parameter sums: (blocks, count).
  public static func addBlocks(_ sums: Span<Float>, count: Int, result: inout MutableSpan<Float>, at start: Int = 0) {
    let blocks = sums.count / count
    require(sums.count == blocks * count && result.count >= start + count, "The sums of blocks have the wrong size.")
    set.addBlocks(sums.pointer, blocks, count, result.pointer + start)
  }

  /// Each channel's Σ gradient and Σ gradient·(input + offset): (2, channels), in `sums` from `start` on.
  ///
  /// - Parameter workspace: the offsets, (channels), and scratch memory, (2, channels).
  public static func channelGradientSums(
    _ geometry: ChannelGeometry, outputGradient: Span<Float>, input: Span<Float>, sums: inout MutableSpan<Float>,
    at start: Int = 0, workspace: inout MutableSpan<Float>
  ) {
    let channels = geometry.channels
    require(
      input.count == geometry.count && outputGradient.count == geometry.count,
      "A normalisation's input has the wrong size.")
    require(
      sums.count >= start + 2 * channels && workspace.count >= 3 * channels,
      "A channel has two sums, an offset, and two floats of scratch memory.")
    let (plain, offsets) = (sums.pointer + start, workspace.pointer)
    set.channelGradientSums(
      outputGradient.pointer, input.pointer, geometry, UnsafePointer(offsets), plain, plain + channels,
      offsets + channels)
  }

  /// `output = f((input + offset) · scale + shift)`, with f the activation.
  ///
  /// - Parameters:
  ///   - workspace: offsets, scales, shifts: (3, channels).
  ///   - output: from `start` on.
  public static func channelAffine(
    _ geometry: ChannelGeometry, input: Span<Float>, activation: Activation, output: inout MutableSpan<Float>,
    at start: Int = 0, workspace: inout MutableSpan<Float>
  ) {
    let channels = geometry.channels
    require(
      input.count == geometry.count && output.count >= start + geometry.count,
      "A normalisation's input has the wrong size.")
    require(workspace.count >= 3 * channels, "A channel has three coefficients.")
    let offsets = UnsafePointer(workspace.pointer)
    set.channelAffine(
      input.pointer, geometry, offsets, offsets + channels, offsets + 2 * channels, activation, output.pointer + start)
  }

  /// `gradient *= f′((input + offset) · scale + shift)`, with f the activation.
  ///
  /// - Parameter workspace: offsets, scales, shifts: (3, channels).
  public static func channelActivationGradient(
    _ geometry: ChannelGeometry, input: Span<Float>, activation: Activation, gradient: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    let channels = geometry.channels
    require(
      input.count == geometry.count && gradient.count == geometry.count, "A normalisation's input has the wrong size.")
    require(workspace.count >= 3 * channels, "A channel has three coefficients.")
    let offsets = UnsafePointer(workspace.pointer)
    set.channelActivationGradient(
      input.pointer, geometry, offsets, offsets + channels, offsets + 2 * channels, activation, gradient.pointer)
  }

  /// `inputGradient = outputGradient · scale + (input + offset) · slope + shift`.
  ///
  /// - Parameters:
  ///   - workspace: offsets, scales, slopes, shifts: (4, channels).
  ///   - inputGradient: from `start` on.
  public static func channelAffineGradient(
    _ geometry: ChannelGeometry, outputGradient: Span<Float>, input: Span<Float>,
    inputGradient: inout MutableSpan<Float>, at start: Int = 0, workspace: inout MutableSpan<Float>
  ) {
    let channels = geometry.channels
    require(
      input.count == geometry.count && outputGradient.count == geometry.count
        && inputGradient.count >= start + geometry.count, "A normalisation's input has the wrong size.")
    require(workspace.count >= 4 * channels, "A channel has four coefficients.")
    let offsets = UnsafePointer(workspace.pointer)
    set.channelAffineGradient(
      outputGradient.pointer, input.pointer, geometry, offsets, offsets + channels, offsets + 2 * channels,
      offsets + 3 * channels, inputGradient.pointer + start)
  }
}
