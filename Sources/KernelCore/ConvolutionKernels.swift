// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A convolution block over some rows (images). Each kernel uses some of the pointers, and says which.
public struct ConvolutionArguments {
  public var block: ConvolutionBlock
  public var rows: Int
  /// (rows, input image), in the block's input layout.
  public var input: UnsafePointer<Float>
  /// (rows, output image), in the block's output layout.
  public var output: UnsafeMutablePointer<Float>
  /// Like `output`.
  public var outputGradient: UnsafePointer<Float>
  /// Like `input`.
  public var inputGradient: UnsafeMutablePointer<Float>
  /// (outputChannels, inputChannels, kernelHeight, kernelWidth).
  public var weight: UnsafePointer<Float>
  /// (outputChannels), or nil for none.
  public var bias: UnsafePointer<Float>?
  /// `block.preparedCount` floats, all 0 before anything is prepared.
  public var prepared: UnsafeMutablePointer<Float>
  /// (`keptRows`, `block.keptCount`), `keptStride` apart. Where there are fewer than `rows`, images use them in turn, and nothing is kept.
  public var kept: UnsafeMutablePointer<Float>
  public var keptStride: Int
  public var keptRows: Int
  /// `block.workspaceCount` floats.
  public var workspace: UnsafeMutablePointer<Float>
  /// The output channels that are prepared, or whose gradients are computed.
  public var units: Range<Int>
  /// The weight gradients, (units, inputChannels, kernelHeight, kernelWidth), or the bias gradients, (units).
  public var gradient: UnsafeMutablePointer<Float>

  @inlinable
  public init(
    block: ConvolutionBlock, rows: Int, units: Range<Int>, unused: UnsafeMutablePointer<Float>
  ) {
    self.block = block
    self.rows = rows
    self.units = units
    input = UnsafePointer(unused)
    output = unused
    outputGradient = UnsafePointer(unused)
    inputGradient = unused
    weight = UnsafePointer(unused)
    bias = nil
    prepared = unused
    kept = unused
    keptStride = 0
    keptRows = rows
    workspace = unused
    gradient = unused
  }
}

/// Direct convolution, with vectors along the channels.
///
/// Every sum has one order, whatever tile it falls into: kernel rows, kernel columns, channels in a forward pass, and
/// images, rows, columns in a weight gradient.
public enum ConvolutionKernels<V: KernelVector> {
  /// Registers that hold `channels` floats.
  @inlinable @inline(__always)
  static func registers(_ channels: Int) -> Int { (channels + V.laneCount - 1) / V.laneCount }

  /// Copies the weights of `units` to where the other kernels read them. Uses `weight`, `prepared`, all of which must be 0
  /// before the first time: what lies between the weights stays as it is.
  @inlinable @inline(__always)
  public static func prepareWeights(_ call: ConvolutionArguments) {
    let block = call.block
    let geometry = block.convolution
    let (channels, kernelHeight, kernelWidth) = (geometry.inputChannels, geometry.kernelHeight, geometry.kernelWidth)
    let kernelArea = kernelHeight * kernelWidth
    for unit in call.units {
      let weight = call.weight + unit * geometry.weightsPerChannel
      // Registers come in pairs as far as they go, so that one pass of a tile reads one run of memory.
      let forward = call.prepared + panelOffset(unit, registers(geometry.outputChannels), geometry.weightsPerChannel)
      let forwardStride = panelStride(unit, registers(geometry.outputChannels))
      let scatter = call.prepared + (block.preparedBackwardOffset + unit * block.scatterChannel)
      for channel in 0..<channels {
        let source = weight + channel * kernelArea
        for y in 0..<kernelHeight {
          for x in 0..<kernelWidth {
            forward[((y * kernelWidth + x) * channels + channel) * forwardStride] = source[y * kernelWidth + x]
          }
        }
        if block.pools {
          for y in 0..<kernelHeight {
            let target = scatter + ((y + 1) * block.scatterRow + channels + channel)
            for x in 0..<kernelWidth { target[x * channels] = source[y * kernelWidth + x] }
          }
        } else {
          let stride = panelStride(channel, registers(channels))
          let backward =
            call.prepared
            + (block.preparedBackwardOffset + unit * stride
              + panelOffset(channel, registers(channels), kernelArea * geometry.outputChannels))
          for tap in 0..<kernelArea {
            backward[(kernelArea - 1 - tap) * geometry.outputChannels * stride] = source[tap]
          }
        }
      }
    }
  }

  /// Where in a packed panel the column of one channel starts.
  @inlinable @inline(__always)
  static func panelOffset(_ channel: Int, _ registers: Int, _ depth: Int) -> Int {
    let register = channel / V.laneCount
    let isPaired = register / 2 * 2 + 1 < registers
    return isPaired
      ? register / 2 * 2 * V.laneCount * depth + register % 2 * V.laneCount + channel % V.laneCount
      : register * V.laneCount * depth + channel % V.laneCount
  }

  /// The distance from one kernel element to the next in the panel of one channel.
  @inlinable @inline(__always)
  static func panelStride(_ channel: Int, _ registers: Int) -> Int {
    channel / V.laneCount / 2 * 2 + 1 < registers ? 2 * V.laneCount : V.laneCount
  }

  /// Copies the bias of `units`, zeros for none. Uses `bias`, `prepared`.
  @inlinable @inline(__always)
  public static func prepareBias(_ call: ConvolutionArguments) {
    let target = call.prepared + call.block.preparedBiasOffset
    for unit in call.units { target[unit] = call.bias.map { $0[unit] } ?? 0 }
  }

  // MARK: Packing

  /// Copies one image between borders of zeros, channels last.
  @inlinable @inline(__always)
  static func packInput(
    _ image: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, _ block: ConvolutionBlock
  ) {
    let geometry = block.convolution
    let (channels, width) = (geometry.inputChannels, geometry.inputWidth)
    let border = geometry.paddingX * channels
    let row = block.packedInputRow
    packed.update(repeating: 0, count: geometry.paddingY * row)
    for y in 0..<geometry.inputHeight {
      let start = packed + (y + geometry.paddingY) * row
      start.update(repeating: 0, count: border)
      let target = start + border
      switch block.inputLayout {
      case .channelsLast: target.update(from: image + y * width * channels, count: width * channels)
      case .channelsFirst:
        let plane = geometry.inputHeight * width
        if channels == 3 {
          // Colour images, the most common first layer: one pass.
          let (red, green, blue) = (image + y * width, image + (plane + y * width), image + (2 * plane + y * width))
          for x in 0..<width {
            target[3 * x] = red[x]
            target[3 * x + 1] = green[x]
            target[3 * x + 2] = blue[x]
          }
        } else {
          for channel in 0..<channels {
            let source = image + (channel * plane + y * width)
            for x in 0..<width { target[x * channels + channel] = source[x] }
          }
        }
      }
      (target + width * channels).update(repeating: 0, count: border)
    }
    (packed + (geometry.paddingY + geometry.inputHeight) * row).update(repeating: 0, count: geometry.paddingY * row)
  }

  /// Copies `count` positions from `first` on, whose channels fill whole registers, into an image of the given layout.
  @inlinable @inline(__always)
  static func unpack(
    _ source: UnsafePointer<Float>, stride: Int, into image: UnsafeMutablePointer<Float>, _ layout: ImageLayout,
    first: Int, count: Int, positions: Int, channels: Int
  ) {
    switch layout {
    case .channelsLast:
      var target = image + first * channels
      var position = source
      for _ in 0..<count {
        var channel = 0
        while channel + V.laneCount <= channels {
          V(loading: position + channel).store(to: target + channel)
          channel += V.laneCount
        }
        while channel < channels {
          target[channel] = position[channel]
          channel += 1
        }
        target += channels
        position += stride
      }
    case .channelsFirst:
      for channel in 0..<channels {
        let target = image + (channel * positions + first)
        for index in 0..<count { target[index] = source[index * stride + channel] }
      }
    }
  }
}
