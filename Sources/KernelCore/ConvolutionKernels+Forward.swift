// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension ConvolutionKernels {
  @inlinable @inline(__always)
  public static func forward(_ call: ConvolutionArguments) {
    let geometry = call.geometry
    let packed = call.workspace
    for row in 0..<call.rows {
      pack(call.input + row * geometry.inputCount, into: packed, geometry)
      let output = call.result + row * geometry.outputCount
      var channel = 0
      while channel + 6 <= geometry.outputChannels {
        forwardChannels(call, packed, output, channel, wide: Tile<6, 2>.self, narrow: Tile<6, 1>.self)
        channel += 6
      }
      while channel + 4 <= geometry.outputChannels {
        forwardChannels(call, packed, output, channel, wide: Tile<4, 2>.self, narrow: Tile<4, 1>.self)
        channel += 4
      }
      while channel < geometry.outputChannels {
        forwardChannels(call, packed, output, channel, wide: Tile<1, 2>.self, narrow: Tile<1, 1>.self)
        channel += 1
      }
    }
  }

  @inlinable @inline(__always)
  static func forwardChannels<let channels: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ packed: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ channel: Int, wide: Tile<channels, registers>.Type, narrow: Tile<channels, 1>.Type
  ) {
    let geometry = call.geometry
    for y in 0..<geometry.outputHeight {
      var x = 0
      // A wide tile is taken while it is more than half full.
      while x + (registers - 1) * V.laneCount < geometry.outputWidth {
        forwardTile(call, packed, output, channel, y, x, wide)
        x += registers * V.laneCount
      }
      while x < geometry.outputWidth {
        forwardTile(call, packed, output, channel, y, x, narrow)
        x += V.laneCount
      }
    }
  }

  @inlinable @inline(__always)
  static func forwardTile<let channels: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ packed: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ channel: Int, _ y: Int, _ x: Int, _: Tile<channels, registers>.Type
  ) {
    let geometry = call.geometry
    let weightStride = geometry.weightsPerChannel
    var sums = InlineArray<channels, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
    if let bias = call.bias {
      for i in 0..<channels {
        sums[unchecked: i] = InlineArray(repeating: V(repeating: bias[channel + i]))
      }
    }
    var weight = call.weight + channel * weightStride
    for inputChannel in 0..<geometry.inputChannels {
      for kernelY in 0..<geometry.kernelHeight {
        let packedRow =
          inputChannel * geometry.packedChannelCount
          + (y * geometry.strideY + kernelY * geometry.dilationY) * geometry.packedRowCount + x
        for kernelX in 0..<geometry.kernelWidth {
          let source = packed + (packedRow + geometry.packedColumn(kernelX))
          // Inputs first, then one weight at a time: more live values than that would not fit into the registers.
          var inputs = InlineArray<registers, V>(repeating: V.zero)
          for j in 0..<registers { inputs[unchecked: j] = V(loading: source + j * V.laneCount) }
          for i in 0..<channels {
            let factor = V(repeating: weight[i * weightStride])
            for j in 0..<registers {
              sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
                factor, inputs[unchecked: j])
            }
          }
          weight += 1
        }
      }
    }
    for i in 0..<channels {
      let row = output + (((channel + i) * geometry.outputHeight + y) * geometry.outputWidth + x)
      for j in 0..<registers {
        let lanes = geometry.outputWidth - x - j * V.laneCount
        if lanes >= V.laneCount {
          sums[unchecked: i][unchecked: j].store(to: row + j * V.laneCount)
        } else if lanes > 0 {
          var spilled = InlineArray<16, Float>(repeating: 0)
          var span = spilled.mutableSpan
          span.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress {
              sums[unchecked: i][unchecked: j].store(to: start)
              for lane in 0..<lanes { row[j * V.laneCount + lane] = start[lane] }
            }
          }
        }
      }
    }
  }
}
