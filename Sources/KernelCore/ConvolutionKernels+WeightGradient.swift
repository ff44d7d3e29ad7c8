// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension ConvolutionKernels {
  /// The weight gradients of `call.channels`, each summed over the rows in order.
  @inlinable @inline(__always)
  public static func weightGradient(_ call: ConvolutionArguments) {
    let geometry = call.geometry
    let packed = call.workspace
    let padded = packed + geometry.packedCount
    let sums = padded + geometry.outputChannels * geometry.paddedOutputChannelCount
    let weights = call.channels.count * geometry.weightsPerChannel
    sums.update(repeating: 0, count: weights * V.laneCount)
    for row in 0..<call.rows {
      pack(call.input + row * geometry.inputCount, into: packed, geometry)
      padOutputGradient(call.outputGradient + row * geometry.outputCount, call.channels, into: padded, geometry)
      var channel = 0
      while channel + 2 <= call.channels.count {
        gradientChannels(call, packed, padded, sums, channel, Tile<2, 5>.self, Tile<2, 3>.self, Tile<2, 1>.self)
        channel += 2
      }
      while channel < call.channels.count {
        gradientChannels(call, packed, padded, sums, channel, Tile<1, 5>.self, Tile<1, 3>.self, Tile<1, 1>.self)
        channel += 1
      }
    }
    for index in 0..<weights {
      call.result[index] = V(loading: sums + index * V.laneCount).laneSum
    }
  }

  @inlinable @inline(__always)
  static func gradientChannels<let channels: Int>(
    _ call: ConvolutionArguments, _ packed: UnsafePointer<Float>, _ padded: UnsafePointer<Float>,
    _ sums: UnsafeMutablePointer<Float>, _ channel: Int,
    _ five: Tile<channels, 5>.Type, _ three: Tile<channels, 3>.Type, _ one: Tile<channels, 1>.Type
  ) {
    let geometry = call.geometry
    for inputChannel in 0..<geometry.inputChannels {
      for kernelY in 0..<geometry.kernelHeight {
        var kernelX = 0
        while kernelX + 5 <= geometry.kernelWidth {
          gradientTaps(call, packed, padded, sums, channel, inputChannel, kernelY, kernelX, five)
          kernelX += 5
        }
        while kernelX + 3 <= geometry.kernelWidth {
          gradientTaps(call, packed, padded, sums, channel, inputChannel, kernelY, kernelX, three)
          kernelX += 3
        }
        while kernelX < geometry.kernelWidth {
          gradientTaps(call, packed, padded, sums, channel, inputChannel, kernelY, kernelX, one)
          kernelX += 1
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func gradientTaps<let channels: Int, let taps: Int>(
    _ call: ConvolutionArguments, _ packed: UnsafePointer<Float>, _ padded: UnsafePointer<Float>,
    _ sums: UnsafeMutablePointer<Float>, _ channel: Int, _ inputChannel: Int, _ kernelY: Int, _ kernelX: Int,
    _: Tile<channels, taps>.Type
  ) {
    let geometry = call.geometry
    let weightStride = geometry.weightsPerChannel
    let firstWeight =
      channel * weightStride
      + (inputChannel * geometry.kernelHeight + kernelY) * geometry.kernelWidth + kernelX
    var accumulators = InlineArray<channels, InlineArray<taps, V>>(repeating: InlineArray(repeating: V.zero))
    for i in 0..<channels {
      for j in 0..<taps {
        accumulators[unchecked: i][unchecked: j] = V(
          loading: sums + (firstWeight + i * weightStride + j) * V.laneCount)
      }
    }
    var columns = InlineArray<taps, Int>(repeating: 0)
    for j in 0..<taps { columns[unchecked: j] = geometry.packedColumn(kernelX + j) }
    for y in 0..<geometry.outputHeight {
      let inputRow =
        packed
        + (inputChannel * geometry.packedChannelCount
          + (y * geometry.strideY + kernelY * geometry.dilationY) * geometry.packedRowCount)
      let gradientRow = padded + (channel * geometry.paddedOutputChannelCount + y * geometry.paddedOutputWidth)
      var x = 0
      while x < geometry.outputWidth {
        for i in 0..<channels {
          let gradients = V(loading: gradientRow + (i * geometry.paddedOutputChannelCount + x))
          for j in 0..<taps {
            accumulators[unchecked: i][unchecked: j] = accumulators[unchecked: i][unchecked: j].addingProduct(
              gradients, V(loading: inputRow + (columns[unchecked: j] + x)))
          }
        }
        x += V.laneCount
      }
    }
    for i in 0..<channels {
      for j in 0..<taps {
        accumulators[unchecked: i][unchecked: j].store(
          to: sums + (firstWeight + i * weightStride + j) * V.laneCount)
      }
    }
  }
}
