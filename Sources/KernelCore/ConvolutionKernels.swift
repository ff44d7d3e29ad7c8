// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A convolution over a block of rows (images).
public struct ConvolutionArguments {
  public var geometry: ConvolutionGeometry
  /// (rows, inputChannels, inputHeight, inputWidth); its gradient, in the backward kernel, is `result`.
  public var input: UnsafePointer<Float>
  /// (outputChannels, inputChannels, kernelHeight, kernelWidth).
  public var weight: UnsafePointer<Float>
  /// (outputChannels), or nil for none.
  public var bias: UnsafePointer<Float>?
  /// (rows, outputChannels, outputHeight, outputWidth).
  public var outputGradient: UnsafePointer<Float>
  /// What the kernel writes: outputs, input gradients, or the weight gradients of `channels`.
  public var result: UnsafeMutablePointer<Float>
  /// `geometry.workspaceCount` floats.
  public var workspace: UnsafeMutablePointer<Float>
  public var rows: Int
  /// The output channels whose weight gradients are asked for.
  public var channels: Range<Int>

  @inlinable
  public init(
    geometry: ConvolutionGeometry, input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, outputGradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, rows: Int, channels: Range<Int>
  ) {
    self.geometry = geometry
    self.input = input
    self.weight = weight
    self.bias = bias
    self.outputGradient = outputGradient
    self.result = result
    self.workspace = workspace
    self.rows = rows
    self.channels = channels
  }
}

/// Direct convolution, with vectors along the output row.
public enum ConvolutionKernels<V: KernelVector> {
  // MARK: Forward

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

  // MARK: Backward

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

  // MARK: Weight gradient

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

  // MARK: Packing

  @inlinable @inline(__always)
  static func pack(
    _ image: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    packed.update(repeating: 0, count: geometry.packedCount)
    for channel in 0..<geometry.inputChannels {
      for y in 0..<geometry.inputHeight {
        let source = image + (channel * geometry.inputHeight + y) * geometry.inputWidth
        let target =
          packed
          + (channel * geometry.packedChannelCount + (y + geometry.paddingY) * geometry.packedRowCount)
        if geometry.strideX == 1 {
          // A packed row has room for the whole padded row: its last window ends where the row does.
          (target + geometry.paddingX).update(from: source, count: geometry.inputWidth)
        } else {
          for x in 0..<geometry.inputWidth {
            let column = x + geometry.paddingX
            let position = column / geometry.strideX
            // Columns behind the last window are never read.
            if position < geometry.phaseWidth {
              target[column % geometry.strideX * geometry.phaseWidth + position] = source[x]
            }
          }
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func unpack(
    _ packed: UnsafePointer<Float>, into image: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    for channel in 0..<geometry.inputChannels {
      for y in 0..<geometry.inputHeight {
        let target = image + (channel * geometry.inputHeight + y) * geometry.inputWidth
        let source =
          packed
          + (channel * geometry.packedChannelCount + (y + geometry.paddingY) * geometry.packedRowCount)
        for x in 0..<geometry.inputWidth {
          let column = x + geometry.paddingX
          let position = column / geometry.strideX
          target[x] =
            position < geometry.phaseWidth
            ? source[column % geometry.strideX * geometry.phaseWidth + position] : 0
        }
      }
    }
  }

  /// Copies the output gradients of `channels`, each row padded with zeros to whole registers.
  @inlinable @inline(__always)
  static func padOutputGradient(
    _ gradient: UnsafePointer<Float>, _ channels: Range<Int>, into padded: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    let width = geometry.outputWidth
    for index in 0..<channels.count {
      for y in 0..<geometry.outputHeight {
        let source = gradient + ((channels.lowerBound + index) * geometry.outputHeight + y) * width
        let target = padded + (index * geometry.outputHeight + y) * geometry.paddedOutputWidth
        target.update(from: source, count: width)
        (target + width).update(repeating: 0, count: geometry.paddedOutputWidth - width)
      }
    }
  }
}
