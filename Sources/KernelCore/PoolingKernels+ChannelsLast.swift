// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Max-pooling of images with their channels last: a register holds the same window of some channels.
extension PoolingKernels {
  @inlinable @inline(__always)
  static func forwardChannelsLast(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let channels = geometry.channels
    forEachWindow(geometry, rows) { start, windowRows, windowColumns, window in
      let (source, target) = (input + start, output + window * channels)
      ChannelKernels<V>.forEachChannel(channels) { channel in
        winners(geometry, source + channel, windowRows, windowColumns).maximum.store(to: target + channel)
      } one: { channel in
        target[channel] = source[channel + winner(geometry, source + channel, windowRows, windowColumns)]
      }
    }
  }

  /// - Parameter inputGradient: all 0.
  @inlinable @inline(__always)
  static func backwardChannelsLast(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>,
    _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let channels = geometry.channels
    forEachWindow(geometry, rows) { start, windowRows, windowColumns, window in
      let (source, target) = (input + start, inputGradient + start)
      let gradient = outputGradient + window * channels
      ChannelKernels<V>.forEachChannel(channels) { channel in
        let positions = winners(geometry, source + channel, windowRows, windowColumns).position
        for lane in 0..<V.laneCount {
          target[Int(positions[lane]) * channels + channel + lane] += gradient[channel + lane]
        }
      } one: { channel in
        target[channel + winner(geometry, source + channel, windowRows, windowColumns)] += gradient[channel]
      }
    }
  }

  /// Calls `body` with the start of each row's image, a window's rows and columns, and the window's place among all of them.
  @inlinable @inline(__always)
  static func forEachWindow(
    _ geometry: PoolingGeometry, _ rows: Int, _ body: (Int, Range<Int>, Range<Int>, Int) -> Void
  ) {
    var window = 0
    for row in 0..<rows {
      for y in 0..<geometry.outputHeight {
        for x in 0..<geometry.outputWidth {
          body(row * geometry.inputCount, geometry.rows(y), geometry.columns(x), window)
          window += 1
        }
      }
    }
  }

  /// The maxima of some channels over a window, and their positions in the image, which single precision holds up to 2²⁴.
  @inlinable @inline(__always)
  static func winners(
    _ geometry: PoolingGeometry, _ source: UnsafePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>
  ) -> (maximum: V, position: V) {
    let first = rows.lowerBound * geometry.inputWidth + columns.lowerBound
    var best = (maximum: V(loading: source + first * geometry.channels), position: V(repeating: Float(first)))
    var y = rows.lowerBound
    while y < rows.upperBound {
      var x = columns.lowerBound
      while x < columns.upperBound {
        let position = y * geometry.inputWidth + x
        best = V.maximum(
          best, (V(loading: source + position * geometry.channels), V(repeating: Float(position))))
        x += 1
      }
      y += 1
    }
    return best
  }

  /// The offset of the maximum of one channel over a window.
  @inlinable @inline(__always)
  static func winner(
    _ geometry: PoolingGeometry, _ source: UnsafePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>
  ) -> Int {
    var best = (rows.lowerBound * geometry.inputWidth + columns.lowerBound) * geometry.channels
    for y in rows {
      for x in columns {
        let position = (y * geometry.inputWidth + x) * geometry.channels
        if wins(source[position], over: source[best]) { best = position }
      }
    }
    return best
  }
}
