// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Each channel's own affine function, and the activation behind it.
extension ChannelKernels {
  /// `output = f((input + offset) · scale + shift)`.
  @inlinable @inline(__always)
  public static func affine(
    _ input: UnsafePointer<Float>, _ geometry: ChannelGeometry, offsets: UnsafePointer<Float>,
    scales: UnsafePointer<Float>, shifts: UnsafePointer<Float>, activation: Activation,
    _ output: UnsafeMutablePointer<Float>
  ) {
    activation.apply(
      ChannelValues<V>(
        input: input, geometry: geometry, offsets: offsets, scales: scales, shifts: shifts, output: output))
  }

  /// `gradient *= f′((input + offset) · scale + shift)`.
  @inlinable @inline(__always)
  public static func activationGradient(
    _ input: UnsafePointer<Float>, _ geometry: ChannelGeometry, offsets: UnsafePointer<Float>,
    scales: UnsafePointer<Float>, shifts: UnsafePointer<Float>, activation: Activation,
    _ gradient: UnsafeMutablePointer<Float>
  ) {
    activation.apply(
      ChannelGradients<V>(
        input: input, geometry: geometry, offsets: offsets, scales: scales, shifts: shifts, gradient: gradient))
  }

  /// `result = gradient · scale + (input + offset) · slope + shift`.
  @inlinable @inline(__always)
  public static func affineGradient(
    _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ geometry: ChannelGeometry,
    offsets: UnsafePointer<Float>, scales: UnsafePointer<Float>, slopes: UnsafePointer<Float>,
    shifts: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
  ) {
    @inline(__always)
    func value(_ gradient: V, _ input: V, _ offset: V, _ scale: V, _ slope: V, _ shift: V) -> V {
      shift.addingProduct(input.adding(offset), slope).addingProduct(gradient, scale)
    }
    let (channels, positions) = (geometry.channels, geometry.positions)
    switch geometry.layout {
    case .channelsFirst:
      for plane in 0..<geometry.rows * channels {
        let channel = plane % channels
        let (offset, scale) = (V(repeating: offsets[channel]), V(repeating: scales[channel]))
        let (slope, shift) = (V(repeating: slopes[channel]), V(repeating: shifts[channel]))
        let start = plane * positions
        let (from, source, target) = (gradient + start, input + start, result + start)
        forEachRegister(positions) { index in
          value(V(loading: from + index), V(loading: source + index), offset, scale, slope, shift).store(
            to: target + index)
        } rest: { index, count in
          value(
            V(loading: from + index, count: count), V(loading: source + index, count: count), offset, scale, slope,
            shift
          ).store(to: target + index, count: count)
        }
      }
    case .channelsLast where channels < V.laneCount:
      let (offset, scale) = (V(loading: offsets, count: channels), V(loading: scales, count: channels))
      let (slope, shift) = (V(loading: slopes, count: channels), V(loading: shifts, count: channels))
      for position in 0..<geometry.rows * positions {
        let start = position * channels
        value(
          V(loading: gradient + start, count: channels), V(loading: input + start, count: channels), offset, scale,
          slope, shift
        ).store(to: result + start, count: channels)
      }
    case .channelsLast:
      for position in 0..<geometry.rows * positions {
        let start = position * channels
        let (from, source, target) = (gradient + start, input + start, result + start)
        forEachRegister(channels) { channel in
          value(
            V(loading: from + channel), V(loading: source + channel), V(loading: offsets + channel),
            V(loading: scales + channel), V(loading: slopes + channel), V(loading: shifts + channel)
          ).store(to: target + channel)
        }
      }
    }
  }

  /// Calls `whole` for the registers of `count` elements, the last of which begins earlier where they do not come out even: some
  /// elements are then computed twice, which is only for results that are not inputs as well. `rest` has to do with fewer
  /// elements than a register holds.
  @inlinable @inline(__always)
  static func forEachRegister(_ count: Int, whole: (Int) -> Void, rest: (Int, Int) -> Void = { _, _ in }) {
    if count < V.laneCount { return rest(0, count) }
    var index = 0
    while index + V.laneCount <= count {
      whole(index)
      index += V.laneCount
    }
    if index < count { whole(count - V.laneCount) }
  }
}

/// Writes each channel's affine function with an activation behind it.
@usableFromInline
struct ChannelValues<V: KernelVector>: ActivationUse {
  @usableFromInline let input: UnsafePointer<Float>
  @usableFromInline let geometry: ChannelGeometry
  @usableFromInline let offsets: UnsafePointer<Float>
  @usableFromInline let scales: UnsafePointer<Float>
  @usableFromInline let shifts: UnsafePointer<Float>
  @usableFromInline let output: UnsafeMutablePointer<Float>

  @inlinable @inline(__always)
  init(
    input: UnsafePointer<Float>, geometry: ChannelGeometry, offsets: UnsafePointer<Float>,
    scales: UnsafePointer<Float>, shifts: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    (self.input, self.geometry, self.output) = (input, geometry, output)
    (self.offsets, self.scales, self.shifts) = (offsets, scales, shifts)
  }

  @inlinable @inline(__always)
  func callAsFunction(_ function: some ActivationFunction<V>) {
    let (channels, positions) = (geometry.channels, geometry.positions)
    switch geometry.layout {
    case .channelsFirst:
      for plane in 0..<geometry.rows * channels {
        let channel = plane % channels
        let (source, target) = (input + plane * positions, output + plane * positions)
        let (offset, scale) = (V(repeating: offsets[channel]), V(repeating: scales[channel]))
        let shift = V(repeating: shifts[channel])
        ChannelKernels<V>.forEachRegister(positions) { index in
          function.value(shift.addingProduct(V(loading: source + index).adding(offset), scale)).store(
            to: target + index)
        } rest: { index, count in
          function.value(shift.addingProduct(V(loading: source + index, count: count).adding(offset), scale)).store(
            to: target + index, count: count)
        }
      }
    case .channelsLast where channels < V.laneCount:
      let (offset, scale) = (V(loading: offsets, count: channels), V(loading: scales, count: channels))
      let shift = V(loading: shifts, count: channels)
      for position in 0..<geometry.rows * positions {
        let source = V(loading: input + position * channels, count: channels)
        function.value(shift.addingProduct(source.adding(offset), scale)).store(
          to: output + position * channels, count: channels)
      }
    case .channelsLast:
      for position in 0..<geometry.rows * positions {
        let (source, target) = (input + position * channels, output + position * channels)
        ChannelKernels<V>.forEachRegister(channels) { channel in
          function.value(
            V(loading: shifts + channel).addingProduct(
              V(loading: source + channel).adding(V(loading: offsets + channel)), V(loading: scales + channel))
          ).store(to: target + channel)
        }
      }
    }
  }
}

/// Multiplies a gradient by an activation's derivative behind each channel's affine function.
@usableFromInline
struct ChannelGradients<V: KernelVector>: ActivationUse {
  @usableFromInline let input: UnsafePointer<Float>
  @usableFromInline let geometry: ChannelGeometry
  @usableFromInline let offsets: UnsafePointer<Float>
  @usableFromInline let scales: UnsafePointer<Float>
  @usableFromInline let shifts: UnsafePointer<Float>
  @usableFromInline let gradient: UnsafeMutablePointer<Float>

  @inlinable @inline(__always)
  init(
    input: UnsafePointer<Float>, geometry: ChannelGeometry, offsets: UnsafePointer<Float>,
    scales: UnsafePointer<Float>, shifts: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    (self.input, self.geometry, self.gradient) = (input, geometry, gradient)
    (self.offsets, self.scales, self.shifts) = (offsets, scales, shifts)
  }

  @inlinable @inline(__always)
  func callAsFunction(_ function: some ActivationFunction<V>) {
    let (channels, positions) = (geometry.channels, geometry.positions)
    switch geometry.layout {
    case .channelsFirst:
      for plane in 0..<geometry.rows * channels {
        let channel = plane % channels
        let (source, target) = (input + plane * positions, gradient + plane * positions)
        let (offset, scale) = (V(repeating: offsets[channel]), V(repeating: scales[channel]))
        let shift = V(repeating: shifts[channel])
        var index = 0
        while index + V.laneCount <= positions {
          let value = shift.addingProduct(V(loading: source + index).adding(offset), scale)
          function.gradient(V(loading: target + index), value).store(to: target + index)
          index += V.laneCount
        }
        let rest = positions - index
        guard rest > 0 else { continue }
        let value = shift.addingProduct(V(loading: source + index, count: rest).adding(offset), scale)
        function.gradient(V(loading: target + index, count: rest), value).store(to: target + index, count: rest)
      }
    case .channelsLast:
      let whole = channels / V.laneCount * V.laneCount
      let rest = channels - whole
      // What is left of the coefficients, read once.
      let offset = V(loading: offsets + whole, count: rest)
      let scale = V(loading: scales + whole, count: rest)
      let shift = V(loading: shifts + whole, count: rest)
      for position in 0..<geometry.rows * positions {
        let (source, target) = (input + position * channels, gradient + position * channels)
        var channel = 0
        while channel < whole {
          let value = V(loading: shifts + channel).addingProduct(
            V(loading: source + channel).adding(V(loading: offsets + channel)), V(loading: scales + channel))
          function.gradient(V(loading: target + channel), value).store(to: target + channel)
          channel += V.laneCount
        }
        guard rest > 0 else { continue }
        let value = shift.addingProduct(V(loading: source + whole, count: rest).adding(offset), scale)
        function.gradient(V(loading: target + whole, count: rest), value).store(to: target + whole, count: rest)
      }
    }
  }
}
