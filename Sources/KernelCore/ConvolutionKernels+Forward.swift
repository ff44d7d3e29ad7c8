// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension ConvolutionKernels {
  /// The block's outputs. Uses `input`, `prepared`, `workspace`; writes `output`, and the packed input and the winners in
  /// `kept`.
  @inlinable @inline(__always)
  public static func forward(_ call: ConvolutionArguments) {
    let block = call.block
    let geometry = block.convolution
    let product = forwardProduct(call)
    let stride = product.registers * V.laneCount
    let height = block.pools ? 2 * block.outputHeight : geometry.outputHeight
    var row = 0
    while row < call.rows {
      let images = min(call.rows - row, block.forwardImages, call.keptRows)
      let kept = call.kept + (call.keptRows < call.rows ? 0 : row * call.keptStride)
      for image in 0..<images {
        packInput(call.input + (row + image) * geometry.inputCount, into: kept + image * call.keptStride, block)
      }
      if hasFewChannels(block) {
        for image in 0..<images {
          forwardFewChannels(
            call, call.input + (row + image) * geometry.inputCount,
            kept + (image * call.keptStride + block.keptWinnersOffset),
            call.output + (row + image) * block.outputCount)
        }
        row += images
        continue
      }
      var group = product
      group.source = UnsafePointer(kept)
      group.imageStep = call.keptStride
      var y = 0
      while y < height {
        let rows = y..<min(height, y + block.forwardRows)
        let count = rows.count * geometry.outputWidth
        products(group, rows: rows, images: images, into: call.workspace)
        let pooled = call.workspace + images * count * stride
        for image in 0..<images {
          let values = call.workspace + image * count * stride
          let output = call.output + (row + image) * block.outputCount
          if block.pools {
            let winners = kept + (image * call.keptStride + block.keptWinnersOffset)
            pool(block, values, pooled, winners, output, firstRow: y / 2, rows: rows.count / 2, stride)
          } else {
            if block.rectifies { rectify(values, count * stride) }
            unpack(
              values, stride: stride, into: output, block.outputLayout, first: y * geometry.outputWidth, count: count,
              positions: block.outputPositions, channels: geometry.outputChannels)
          }
        }
        y = rows.upperBound
      }
      row += images
    }
  }

  /// Keeps the packed input anew, where the forward pass had no room for it. Uses `input`; writes the packed input in `kept`.
  @inlinable @inline(__always)
  public static func keepInput(_ call: ConvolutionArguments) {
    for row in 0..<call.rows {
      packInput(
        call.input + row * call.block.convolution.inputCount, into: call.kept + row * call.keptStride, call.block)
    }
  }

  @inlinable @inline(__always)
  static func forwardProduct(_ call: ConvolutionArguments) -> WindowProduct {
    let block = call.block
    let geometry = block.convolution
    return WindowProduct(
      source: UnsafePointer(call.kept), rowStep: geometry.strideY * block.packedInputRow,
      columnStep: geometry.strideX * geometry.inputChannels, width: geometry.outputWidth,
      kernelRows: geometry.kernelHeight, runsPerRow: geometry.dilationX == 1 ? 1 : geometry.kernelWidth,
      runLength: block.runLength, kernelRowStep: geometry.dilationY * block.packedInputRow,
      runStep: geometry.dilationX * geometry.inputChannels, weights: UnsafePointer(call.prepared),
      bias: UnsafePointer(call.prepared + block.preparedBiasOffset), registers: registers(geometry.outputChannels))
  }

  @inlinable @inline(__always)
  static func rectify(_ values: UnsafeMutablePointer<Float>, _ count: Int) {
    var index = 0
    while index < count {
      V(loading: values + index).rectified.store(to: values + index)
      index += V.laneCount
    }
  }

  /// Pools pairs of rows, one row of windows at a time.
  ///
  /// - Parameters:
  ///   - values: (rows, 2, output width, registers, lanes).
  ///   - pooled: room for one row of windows.
  @inlinable @inline(__always)
  static func pool(
    _ block: ConvolutionBlock, _ values: UnsafePointer<Float>, _ pooled: UnsafeMutablePointer<Float>,
    _ winners: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, firstRow: Int, rows: Int,
    _ stride: Int
  ) {
    let geometry = block.convolution
    let (width, channels) = (block.outputWidth, geometry.outputChannels)
    let inputRow = geometry.outputWidth * stride
    for row in 0..<rows {
      let upper = values + 2 * row * inputRow
      let first = (firstRow + row) * width
      for x in 0..<width {
        let winner = winners + (first + x) * channels
        var channel = 0
        while channel < channels {
          let corner = upper + (2 * x * stride + channel)
          let (maximum, position) = V.firstMaximum(
            V(loading: corner), V(loading: corner + stride), V(loading: corner + inputRow),
            V(loading: corner + (inputRow + stride)))
          (block.rectifies ? maximum.rectified : maximum).store(to: pooled + (x * stride + channel))
          // Past the last channel, this runs into the next window's winners, which are written later, and past the last
          // window into spare room.
          position.store(to: winner + channel)
          channel += V.laneCount
        }
      }
      unpack(
        pooled, stride: stride, into: output, block.outputLayout, first: first, count: width,
        positions: block.outputPositions, channels: channels)
    }
  }
}
