// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension ConvolutionKernels {
  /// Input gradients: every output gradient is scattered, through the weights, into a packed image.
  @inlinable @inline(__always)
  public static func backward(_ call: ConvolutionArguments) {
    let geometry = call.geometry
    let packed = call.workspace
    let padded = packed + geometry.packedCount
    for row in 0..<call.rows {
      padOutputGradient(
        call.outputGradient + row * geometry.outputCount, 0..<geometry.outputChannels, into: padded, geometry)
      packed.update(repeating: 0, count: geometry.packedCount)
      var inputChannel = 0
      while inputChannel + 2 <= geometry.inputChannels {
        backwardChannels(call, padded, packed, inputChannel, Tile<2, 5>.self, Tile<2, 3>.self, Tile<2, 1>.self)
        inputChannel += 2
      }
      while inputChannel < geometry.inputChannels {
        backwardChannels(call, padded, packed, inputChannel, Tile<1, 5>.self, Tile<1, 3>.self, Tile<1, 1>.self)
        inputChannel += 1
      }
      unpack(packed, into: call.result + row * geometry.inputCount, geometry)
    }
  }

  @inlinable @inline(__always)
  static func backwardChannels<let channels: Int>(
    _ call: ConvolutionArguments, _ padded: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ inputChannel: Int, _ five: Tile<channels, 5>.Type, _ three: Tile<channels, 3>.Type, _ one: Tile<channels, 1>.Type
  ) {
    let geometry = call.geometry
    for y in 0..<geometry.outputHeight {
      for kernelY in 0..<geometry.kernelHeight {
        var kernelX = 0
        while kernelX + 5 <= geometry.kernelWidth {
          backwardTaps(call, padded, packed, inputChannel, y, kernelY, kernelX, five)
          kernelX += 5
        }
        while kernelX + 3 <= geometry.kernelWidth {
          backwardTaps(call, padded, packed, inputChannel, y, kernelY, kernelX, three)
          kernelX += 3
        }
        while kernelX < geometry.kernelWidth {
          backwardTaps(call, padded, packed, inputChannel, y, kernelY, kernelX, one)
          kernelX += 1
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func backwardTaps<let channels: Int, let taps: Int>(
    _ call: ConvolutionArguments, _ padded: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>,
    _ inputChannel: Int, _ y: Int, _ kernelY: Int, _ kernelX: Int, _: Tile<channels, taps>.Type
  ) {
    let geometry = call.geometry
    let kernelArea = geometry.kernelHeight * geometry.kernelWidth
    let packedRow =
      inputChannel * geometry.packedChannelCount
      + (y * geometry.strideY + kernelY * geometry.dilationY) * geometry.packedRowCount
    var columns = InlineArray<taps, Int>(repeating: 0)
    for j in 0..<taps { columns[unchecked: j] = geometry.packedColumn(kernelX + j) }
    var x = 0
    while x < geometry.outputWidth {
      var sums = InlineArray<channels, InlineArray<taps, V>>(repeating: InlineArray(repeating: V.zero))
      var weight = call.weight + (inputChannel * kernelArea + kernelY * geometry.kernelWidth + kernelX)
      var source = padded + (y * geometry.paddedOutputWidth + x)
      for _ in 0..<geometry.outputChannels {
        let gradients = V(loading: source)
        for i in 0..<channels {
          for j in 0..<taps {
            sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
              V(repeating: weight[i * kernelArea + j]), gradients)
          }
        }
        weight += geometry.weightsPerChannel
        source += geometry.paddedOutputChannelCount
      }
      for i in 0..<channels {
        for j in 0..<taps {
          let target =
            packed
            + (packedRow + i * geometry.packedChannelCount + x + columns[unchecked: j])
          V(loading: target).adding(sums[unchecked: i][unchecked: j]).store(to: target)
        }
      }
      x += V.laneCount
    }
  }
}
