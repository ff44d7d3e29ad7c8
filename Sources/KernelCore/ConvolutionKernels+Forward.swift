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
    for row in 0..<call.rows {
      let kept = call.kept + row * call.keptStride
      packInput(call.input + row * geometry.inputCount, into: kept, block)
      if hasFewChannels(block) {
        forwardFewChannels(
          call, call.input + row * geometry.inputCount, kept + block.keptWinnersOffset,
          call.output + row * block.outputCount)
        continue
      }
      var rowProduct = product
      rowProduct.source = UnsafePointer(kept)
      let output = call.output + row * block.outputCount
      var y = 0
      while y < height {
        let rows = y..<min(height, y + block.forwardRows)
        products(rowProduct, rows: rows, into: call.workspace)
        if block.pools {
          pool(call, kept + block.keptWinnersOffset, output, firstRow: y / 2, rows: rows.count / 2, stride)
        } else {
          let count = rows.count * geometry.outputWidth
          if block.rectifies { rectify(call.workspace, count * stride) }
          unpack(
            call.workspace, stride: stride, into: output, block.outputLayout, first: y * geometry.outputWidth,
            count: count, positions: block.outputPositions, channels: geometry.outputChannels)
        }
        y = rows.upperBound
      }
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

  /// Pools the pairs of rows in the workspace, one row of windows at a time.
  @inlinable @inline(__always)
  static func pool(
    _ call: ConvolutionArguments, _ winners: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    firstRow: Int, rows: Int, _ stride: Int
  ) {
    let block = call.block
    let geometry = block.convolution
    let (width, channels) = (block.outputWidth, geometry.outputChannels)
    let inputRow = geometry.outputWidth * stride
    let pooled = call.workspace + block.forwardRows * inputRow
    for row in 0..<rows {
      let upper = call.workspace + 2 * row * inputRow
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
