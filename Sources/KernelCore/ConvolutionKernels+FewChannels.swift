// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// A first layer with few output channels: a register of channels would be partly empty, and each product would load its
// own input. Vectors along the row instead share each weight among two registers of outputs. The last two registers of a
// row overlap those before, so that nothing is read or written past its end.
extension ConvolutionKernels {
  /// Whether rows are long, and channels few, enough; from shapes and the register alone.
  @inlinable @inline(__always)
  static func hasFewChannels(_ block: ConvolutionBlock) -> Bool {
    let geometry = block.convolution
    return block.pools && block.inputLayout == .channelsFirst && geometry.outputChannels <= 8
      && geometry.outputWidth >= 2 * V.laneCount && geometry.paddingX == 0 && geometry.paddingY == 0
  }

  /// The outputs of one image, pooled. Uses `prepared`, `workspace`.
  @inlinable @inline(__always)
  static func forwardFewChannels(
    _ call: ConvolutionArguments, _ image: UnsafePointer<Float>, _ winners: UnsafeMutablePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let block = call.block
    let geometry = block.convolution
    let channels = geometry.outputChannels
    // (2, channels, outputWidth), then pooled values and winners, both (channels, pooled width).
    let rows = call.workspace
    let maxima = rows + 2 * channels * geometry.outputWidth
    let places = maxima + channels * block.outputWidth
    for y in 0..<block.outputHeight {
      for half in 0..<2 {
        let source = image + (2 * y + half) * geometry.inputWidth
        let target = rows + half * channels * geometry.outputWidth
        var channel = 0
        while channel + 6 <= channels {
          planarChannels(call, source, target, channel, Tile<6, 2>.self)
          channel += 6
        }
        while channel + 4 <= channels {
          planarChannels(call, source, target, channel, Tile<4, 2>.self)
          channel += 4
        }
        while channel < channels {
          planarChannels(call, source, target, channel, Tile<1, 2>.self)
          channel += 1
        }
      }
      poolPlanes(call, rows, maxima, places)
      let first = y * block.outputWidth
      for channel in 0..<channels {
        let (maximum, place) = (maxima + channel * block.outputWidth, places + channel * block.outputWidth)
        let winner = winners + (first * channels + channel)
        for x in 0..<block.outputWidth { winner[x * channels] = place[x] }
        switch block.outputLayout {
        case .channelsLast:
          let target = output + (first * channels + channel)
          for x in 0..<block.outputWidth { target[x * channels] = maximum[x] }
        case .channelsFirst:
          (output + (channel * block.outputPositions + first)).update(from: maximum, count: block.outputWidth)
        }
      }
    }
  }

  /// One row of some channels, into (channels, outputWidth).
  @inlinable @inline(__always)
  static func planarChannels<let channels: Int>(
    _ call: ConvolutionArguments, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ channel: Int, _ tile: Tile<channels, 2>.Type
  ) {
    let width = call.block.convolution.outputWidth
    var x = 0
    while x + 2 * V.laneCount < width {
      planarTile(call, source + x, target + (channel * width + x), channel, tile)
      x += 2 * V.laneCount
    }
    x = width - 2 * V.laneCount
    planarTile(call, source + x, target + (channel * width + x), channel, tile)
  }

  @inlinable @inline(__always)
  static func planarTile<let channels: Int>(
    _ call: ConvolutionArguments, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>,
    _ channel: Int, _: Tile<channels, 2>.Type
  ) {
    let block = call.block
    let geometry = block.convolution
    let plane = geometry.inputHeight * geometry.inputWidth
    let width = geometry.outputWidth
    var sums = InlineArray<channels, InlineArray<2, V>>(repeating: InlineArray(repeating: V.zero))
    let bias = call.prepared + (block.preparedBiasOffset + channel)
    for i in 0..<channels { sums[unchecked: i] = InlineArray(repeating: V(repeating: bias[i])) }
    let stride = panelStride(0, registers(geometry.outputChannels))
    var weights = UnsafePointer(call.prepared + channel)
    for kernelY in 0..<geometry.kernelHeight {
      for kernelX in 0..<geometry.kernelWidth {
        var inputs = source + (kernelY * geometry.inputWidth + kernelX)
        for _ in 0..<geometry.inputChannels {
          let (first, second) = (V(loading: inputs), V(loading: inputs + V.laneCount))
          for i in 0..<channels {
            let weight = V(repeating: weights[i])
            sums[unchecked: i][unchecked: 0] = sums[unchecked: i][unchecked: 0].addingProduct(weight, first)
            sums[unchecked: i][unchecked: 1] = sums[unchecked: i][unchecked: 1].addingProduct(weight, second)
          }
          inputs += plane
          weights += stride
        }
      }
    }
    for i in 0..<channels {
      sums[unchecked: i][unchecked: 0].store(to: target + i * width)
      sums[unchecked: i][unchecked: 1].store(to: target + (i * width + V.laneCount))
    }
  }

  /// Pools two rows of all channels.
  @inlinable @inline(__always)
  static func poolPlanes(
    _ call: ConvolutionArguments, _ rows: UnsafePointer<Float>, _ maxima: UnsafeMutablePointer<Float>,
    _ places: UnsafeMutablePointer<Float>
  ) {
    let block = call.block
    let (width, pooledWidth) = (block.convolution.outputWidth, block.outputWidth)
    for channel in 0..<block.convolution.outputChannels {
      let upper = rows + channel * width
      let lower = upper + block.convolution.outputChannels * width
      var x = 0
      while x < pooledWidth {
        x = min(x, pooledWidth - V.laneCount)
        let (a, b) = V.deinterleaved(V(loading: upper + 2 * x), V(loading: upper + (2 * x + V.laneCount)))
        let (c, d) = V.deinterleaved(V(loading: lower + 2 * x), V(loading: lower + (2 * x + V.laneCount)))
        let (maximum, place) = V.firstMaximum(a, b, c, d)
        (block.rectifies ? maximum.rectified : maximum).store(to: maxima + (channel * pooledWidth + x))
        place.store(to: places + (channel * pooledWidth + x))
        x += V.laneCount
      }
    }
  }
}
