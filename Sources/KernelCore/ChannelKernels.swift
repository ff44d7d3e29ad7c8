// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Rows of images, or of vectors, whose channels are treated each in its own way.
public struct ChannelGeometry: Sendable, Equatable {
  public let rows: Int
  public let channels: Int
  /// The elements of one channel of one row.
  public let positions: Int
  public let layout: ImageLayout

  /// Vectors, with one position, are the same in both layouts; kernels take them as channels last.
  @inlinable
  public init(rows: Int, channels: Int, positions: Int, layout: ImageLayout) {
    self.rows = rows
    self.channels = channels
    self.positions = positions
    self.layout = positions == 1 ? .channelsLast : layout
  }

  @inlinable public var count: Int { rows * channels * positions }
}

/// Normalisation: sums and affine functions of each channel. Arrays of one element a channel are (channels).
public enum ChannelKernels<V: KernelVector> {
  /// Each channel's mean, and the sum of the squares of what its elements differ from it.
  ///
  /// Sums are taken over a row, and then over rows.
  @inlinable @inline(__always)
  public static func moments(
    _ input: UnsafePointer<Float>, _ geometry: ChannelGeometry, _ means: UnsafeMutablePointer<Float>,
    _ squares: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let (channels, positions) = (geometry.channels, geometry.positions)
    let scale = 1 / Float(geometry.rows * positions)
    means.update(repeating: 0, count: channels)
    squares.update(repeating: 0, count: channels)
    switch geometry.layout {
    case .channelsFirst:
      for channel in 0..<channels {
        var total = 0.0
        for row in 0..<geometry.rows {
          total += Double(sum(input + (row * channels + channel) * positions, positions))
        }
        means[channel] = Float(total / Double(geometry.rows * positions))
        var square = 0.0
        for row in 0..<geometry.rows {
          square += Double(
            squareSum(input + (row * channels + channel) * positions, positions, offset: -means[channel]))
        }
        squares[channel] = Float(square)
      }
    case .channelsLast:
      for row in 0..<geometry.rows {
        scratch.update(repeating: 0, count: channels)
        for position in 0..<positions {
          let source = input + (row * positions + position) * channels
          forEachChannel(channels) { channel in
            V(loading: scratch + channel).adding(V(loading: source + channel)).store(to: scratch + channel)
          } one: { channel in
            scratch[channel] += source[channel]
          }
        }
        for channel in 0..<channels { means[channel] += scratch[channel] }
      }
      for channel in 0..<channels { means[channel] *= scale }
      let offsets = scratch + channels
      for channel in 0..<channels { offsets[channel] = -means[channel] }
      for row in 0..<geometry.rows {
        scratch.update(repeating: 0, count: channels)
        for position in 0..<positions {
          let source = input + (row * positions + position) * channels
          forEachChannel(channels) { channel in
            let difference = V(loading: source + channel).adding(V(loading: offsets + channel))
            V(loading: scratch + channel).addingProduct(difference, difference).store(to: scratch + channel)
          } one: { channel in
            let difference = source[channel] + offsets[channel]
            scratch[channel] += difference * difference
          }
        }
        for channel in 0..<channels { squares[channel] += scratch[channel] }
      }
    }
  }

  /// The mean and the variance (the sum of squares divided by the number of elements) of all blocks together.
  ///
  /// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
  ///
  /// - Parameters:
  ///   - sums: (blocks, 2, channels): means and squares, as `moments` writes them.
  ///   - counts: the elements of each block's channels, (blocks).
  @inlinable @inline(__always)
  public static func combineMoments(
    _ sums: UnsafePointer<Float>, counts: UnsafePointer<Int>, blocks: Int, channels: Int,
    _ means: UnsafeMutablePointer<Float>, _ variances: UnsafeMutablePointer<Float>
  ) {
    var total = 0
    for block in 0..<blocks { total += counts[block] }
    let scale = 1 / Double(total)
    var channel = 0
    while channel < channels {
      // Eight channels at a time: there may be as many blocks as rows.
      let isWhole = channel + 8 <= channels
      var mean = SIMD8<Double>.zero
      for block in 0..<blocks {
        let part = eight(sums + (block * 2 * channels + channel), isWhole: isWhole, channels - channel)
        mean += part * Double(counts[block])
      }
      mean *= scale
      var square = SIMD8<Double>.zero
      for block in 0..<blocks {
        let first = sums + (block * 2 * channels + channel)
        let difference = eight(first, isWhole: isWhole, channels - channel) - mean
        square +=
          eight(first + channels, isWhole: isWhole, channels - channel) + difference * difference
          * Double(counts[block])
      }
      for lane in 0..<min(8, channels - channel) {
        means[channel + lane] = Float(mean[lane])
        variances[channel + lane] = Float(square[lane] * scale)
      }
      channel += 8
    }
  }

  /// Up to eight floats in double precision, with 0 for those that are not there.
  @inlinable @inline(__always)
  static func eight(_ source: UnsafePointer<Float>, isWhole: Bool, _ count: Int) -> SIMD8<Double> {
    if isWhole { return SIMD8<Double>(UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self)) }
    var result = SIMD8<Double>.zero
    for lane in 0..<min(8, count) { result[lane] = Double(source[lane]) }
    return result
  }

  /// The sums over blocks, in order.
  ///
  /// - Parameter sums: (blocks, count).
  @inlinable @inline(__always)
  public static func addBlocks(
    _ sums: UnsafePointer<Float>, blocks: Int, count: Int, _ result: UnsafeMutablePointer<Float>
  ) {
    var index = 0
    while index < count {
      var sum = SIMD8<Double>.zero
      for block in 0..<blocks {
        sum += eight(sums + (block * count + index), isWhole: index + 8 <= count, count - index)
      }
      for lane in 0..<min(8, count - index) { result[index + lane] = Float(sum[lane]) }
      index += 8
    }
  }

  /// Each channel's Σ gradient, and Σ gradient·(input + offset).
  @inlinable @inline(__always)
  public static func gradientSums(
    _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ geometry: ChannelGeometry,
    offsets: UnsafePointer<Float>, _ plain: UnsafeMutablePointer<Float>, _ weighted: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    let (channels, positions) = (geometry.channels, geometry.positions)
    plain.update(repeating: 0, count: channels)
    weighted.update(repeating: 0, count: channels)
    switch geometry.layout {
    case .channelsFirst:
      for channel in 0..<channels {
        var (first, second) = (0.0, 0.0)
        for row in 0..<geometry.rows {
          let start = (row * channels + channel) * positions
          first += Double(sum(gradient + start, positions))
          second += Double(productSum(gradient + start, input + start, positions, offset: offsets[channel]))
        }
        (plain[channel], weighted[channel]) = (Float(first), Float(second))
      }
    case .channelsLast:
      let products = scratch + channels
      for row in 0..<geometry.rows {
        scratch.update(repeating: 0, count: 2 * channels)
        for position in 0..<positions {
          let start = (row * positions + position) * channels
          let (slope, source) = (gradient + start, input + start)
          forEachChannel(channels) { channel in
            let value = V(loading: slope + channel)
            V(loading: scratch + channel).adding(value).store(to: scratch + channel)
            let difference = V(loading: source + channel).adding(V(loading: offsets + channel))
            V(loading: products + channel).addingProduct(value, difference).store(to: products + channel)
          } one: { channel in
            scratch[channel] += slope[channel]
            products[channel] += slope[channel] * (source[channel] + offsets[channel])
          }
        }
        for channel in 0..<channels {
          plain[channel] += scratch[channel]
          weighted[channel] += products[channel]
        }
      }
    }
  }

  // MARK: Loops and sums

  /// Calls `many` for whole registers from 0 on, and `one` for the elements that are left.
  @inlinable @inline(__always)
  static func forEachChannel(_ count: Int, many: (Int) -> Void, one: (Int) -> Void) {
    var index = 0
    while index + V.laneCount <= count {
      many(index)
      index += V.laneCount
    }
    while index < count {
      one(index)
      index += 1
    }
  }

  @inlinable @inline(__always)
  static func sum(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    var (total, rest) = (V.zero, Float(0))
    forEachChannel(count) {
      total = total.adding(V(loading: values + $0))
    } one: {
      rest += values[$0]
    }
    return total.laneSum + rest
  }

  /// Σ (value + offset)².
  @inlinable @inline(__always)
  static func squareSum(_ values: UnsafePointer<Float>, _ count: Int, offset: Float) -> Float {
    var (total, rest) = (V.zero, Float(0))
    let offsetVector = V(repeating: offset)
    forEachChannel(count) { index in
      let difference = V(loading: values + index).adding(offsetVector)
      total = total.addingProduct(difference, difference)
    } one: { index in
      rest += (values[index] + offset) * (values[index] + offset)
    }
    return total.laneSum + rest
  }

  /// Σ first·(second + offset).
  @inlinable @inline(__always)
  static func productSum(
    _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ count: Int, offset: Float
  ) -> Float {
    var (total, rest) = (V.zero, Float(0))
    let offsetVector = V(repeating: offset)
    forEachChannel(count) { index in
      total = total.addingProduct(V(loading: first + index), V(loading: second + index).adding(offsetVector))
    } one: { index in
      rest += first[index] * (second[index] + offset)
    }
    return total.laneSum + rest
  }
}
