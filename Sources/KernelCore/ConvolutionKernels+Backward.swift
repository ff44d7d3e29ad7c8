// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension ConvolutionKernels {
  /// Keeps what the other two passes need of the output gradients: where the output was rectified they are 0. Uses
  /// `output`, `outputGradient`; writes the gradient in `kept`.
  @inlinable @inline(__always)
  public static func keepGradient(_ call: ConvolutionArguments) {
    let block = call.block
    for row in 0..<call.rows {
      let target = call.kept + (row * call.keptStride + block.keptGradientOffset)
      let values = UnsafePointer(call.output + row * block.outputCount)
      let gradient = call.outputGradient + row * block.outputCount
      if block.pools {
        copyGradient(
          call, values, gradient, 0, block.outputPositions, into: target, step: block.convolution.outputChannels)
      } else {
        packGradient(call, values, gradient, into: target)
      }
    }
  }

  /// Copies the gradients of `count` positions, channels last, to positions `step` floats apart.
  @inlinable @inline(__always)
  static func copyGradient(
    _ call: ConvolutionArguments, _ values: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ first: Int,
    _ count: Int, into target: UnsafeMutablePointer<Float>, step: Int
  ) {
    let block = call.block
    let channels = block.convolution.outputChannels
    let rectifies = block.rectifies
    switch block.outputLayout {
    case .channelsLast:
      let (values, gradient) = (values + first * channels, gradient + first * channels)
      let run = step == channels ? count * channels : channels
      for position in 0..<count * channels / run {
        let (source, destination) = (gradient + position * run, target + position * step)
        let value = values + position * run
        if rectifies {
          ElementwiseKernels<V>.rectifyGradient(value, source, destination, run)
        } else {
          destination.update(from: source, count: run)
        }
      }
    case .channelsFirst:
      for channel in 0..<channels {
        let start = channel * block.outputPositions + first
        for position in 0..<count {
          let isCut = rectifies && values[start + position] <= 0
          target[position * step + channel] = isCut ? 0 : gradient[start + position]
        }
      }
    }
  }

  /// Spreads one image's gradients over the packed gradient.
  @inlinable @inline(__always)
  static func packGradient(
    _ call: ConvolutionArguments, _ values: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let block = call.block
    let geometry = block.convolution
    let channels = geometry.outputChannels
    packed.update(repeating: 0, count: block.packedGradientHeight * block.packedGradientRow)
    for y in 0..<geometry.outputHeight {
      copyGradient(
        call, values, gradient, y * geometry.outputWidth, geometry.outputWidth,
        into: packed + (block.gradientOffset + y * geometry.strideY * block.packedGradientRow),
        step: geometry.strideX * channels)
    }
  }

  /// The input gradients. Uses the gradient and the winners in `kept`, `prepared`, `workspace`; writes `inputGradient`.
  @inlinable @inline(__always)
  public static func backward(_ call: ConvolutionArguments) {
    let block = call.block
    var row = 0
    while row < call.rows {
      let kept = UnsafePointer(call.kept + row * call.keptStride)
      let target = call.inputGradient + row * block.convolution.inputCount
      if block.pools {
        scatterBackward(call, kept, target)
        row += 1
      } else {
        let images = min(call.rows - row, block.backwardImages)
        denseBackward(call, kept + block.keptGradientOffset, images: images, target)
        row += images
      }
    }
  }

  /// Without pooling, the input gradient is the convolution of the packed gradient with the flipped kernel.
  @inlinable @inline(__always)
  static func denseBackward(
    _ call: ConvolutionArguments, _ packed: UnsafePointer<Float>, images: Int,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let block = call.block
    let geometry = block.convolution
    var product = WindowProduct(
      source: packed + (block.skippedY * block.packedGradientRow + block.skippedX * geometry.outputChannels),
      rowStep: block.packedGradientRow, columnStep: geometry.outputChannels, width: geometry.inputWidth,
      kernelRows: geometry.kernelHeight, runsPerRow: geometry.dilationX == 1 ? 1 : geometry.kernelWidth,
      runLength: geometry.outputChannels * (geometry.dilationX == 1 ? geometry.kernelWidth : 1),
      kernelRowStep: geometry.dilationY * block.packedGradientRow,
      runStep: geometry.dilationX * geometry.outputChannels,
      weights: UnsafePointer(call.prepared + block.preparedBackwardOffset), bias: nil,
      registers: registers(geometry.inputChannels))
    product.imageStep = call.keptStride
    let stride = product.registers * V.laneCount
    var y = 0
    while y < geometry.inputHeight {
      let rows = y..<min(geometry.inputHeight, y + block.backwardRows)
      let count = rows.count * geometry.inputWidth
      products(product, rows: rows, images: images, into: call.workspace)
      for image in 0..<images {
        unpack(
          call.workspace + image * count * stride, stride: stride, into: inputGradient + image * geometry.inputCount,
          block.inputLayout, first: y * geometry.inputWidth, count: count,
          positions: geometry.inputHeight * geometry.inputWidth, channels: geometry.inputChannels)
      }
      y = rows.upperBound
    }
  }

  /// With pooling, each window has one gradient a channel, in one of four places: the kernel, moved to that place, covers
  /// one pixel more than it is wide and high, and the pixels that it does not reach are zeros around the weights.
  @inlinable @inline(__always)
  static func scatterBackward(
    _ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let block = call.block
    let geometry = block.convolution
    let channels = geometry.inputChannels
    let packed = call.workspace
    packed.update(repeating: 0, count: block.packedInputCount + maximumLaneCount)
    let rowRegisters = registers((geometry.kernelWidth + 1) * channels)
    let rowCount = geometry.kernelHeight + 1
    var register = 0
    while register < rowRegisters {
      let left = rowRegisters - register
      var row = 0
      if left >= 8 {
        while row < rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<1, 8>.self)
          row += 1
        }
        register += 8
      } else if left >= 5 {
        while row + 2 <= rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<2, 5>.self)
          row += 2
        }
        while row < rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<1, 5>.self)
          row += 1
        }
        register += 5
      } else if left >= 3 {
        while row + 3 <= rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<3, 3>.self)
          row += 3
        }
        while row < rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<1, 3>.self)
          row += 1
        }
        register += 3
      } else {
        while row + 4 <= rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<4, 1>.self)
          row += 4
        }
        while row < rowCount {
          scatterWindows(call, kept, packed, row, register, Tile<1, 1>.self)
          row += 1
        }
        register += 1
      }
    }
    // The border is what padding would have got.
    let left = geometry.paddingX * channels
    for y in 0..<geometry.inputHeight {
      let source = packed + ((y + geometry.paddingY) * block.packedInputRow + left)
      unpack(
        source, stride: channels, into: inputGradient, block.inputLayout, first: y * geometry.inputWidth,
        count: geometry.inputWidth, positions: geometry.inputHeight * geometry.inputWidth, channels: channels)
    }
  }

  /// Adds the gradients of all windows to `rows` rows below each window's first, `registers` registers of each.
  @inlinable @inline(__always)
  static func scatterWindows<let rows: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>, _ row: Int,
    _ register: Int, _: Tile<rows, registers>.Type
  ) {
    let block = call.block
    let geometry = block.convolution
    let (channels, units) = (geometry.inputChannels, geometry.outputChannels)
    let inputRow = block.packedInputRow
    let scatterRow = block.scatterRow
    // Where the weights start for a winner in the first place; one row or one pixel earlier if it lies one later.
    let first = (row + 1) * scatterRow + channels + register * V.laneCount
    var gradients = kept + block.keptGradientOffset
    var winners = kept + block.keptWinnersOffset
    for y in 0..<block.outputHeight {
      var target = packed + ((2 * y + row) * inputRow + register * V.laneCount)
      for _ in 0..<block.outputWidth {
        var sums = InlineArray<rows, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
        var weights = UnsafePointer(call.prepared + (block.preparedBackwardOffset + first))
        for unit in 0..<units {
          let place = Int(winners[unit].bitPattern)
          let source = weights - ((place & 1) &* channels &+ (place >> 1) &* scatterRow)
          let gradient = V(repeating: gradients[unit])
          for i in 0..<rows {
            for j in 0..<registers {
              sums[unchecked: i][unchecked: j] = sums[unchecked: i][unchecked: j].addingProduct(
                gradient, V(loading: source + (i * scatterRow + j * V.laneCount)))
            }
          }
          weights += block.scatterChannel
        }
        for i in 0..<rows {
          for j in 0..<registers {
            let place = target + (i * inputRow + j * V.laneCount)
            V(loading: place).adding(sums[unchecked: i][unchecked: j]).store(to: place)
          }
        }
        gradients += units
        winners += units
        target += 2 * channels
      }
    }
  }
}
