// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

extension ConvolutionKernels {
  /// Sets the partial sums of `units` to 0. Uses `workspace`.
  @inlinable @inline(__always)
  public static func clearSums(_ call: ConvolutionArguments) {
    call.workspace.update(repeating: 0, count: call.units.count * call.block.sumsPerChannel)
  }

  /// Writes the weight gradients of `units`. Uses `workspace`; writes `gradient`.
  @inlinable @inline(__always)
  public static func writeWeightGradient(_ call: ConvolutionArguments) {
    let block = call.block
    let geometry = block.convolution
    let kernelArea = geometry.kernelHeight * geometry.kernelWidth
    let padded = roundedUpToLanes(block.runLength)
    for unit in 0..<call.units.count {
      let sums = UnsafePointer(call.workspace + unit * block.sumsPerChannel)
      let target = call.gradient + unit * geometry.weightsPerChannel
      var tap = 0
      for y in 0..<geometry.kernelHeight {
        for x in 0..<geometry.kernelWidth {
          let source =
            sums + (geometry.dilationX == 1 ? y * padded + x * geometry.inputChannels : tap * padded)
          for channel in 0..<geometry.inputChannels { target[channel * kernelArea + tap] = source[channel] }
          tap += 1
        }
      }
    }
  }

  /// Adds the weight gradients of `units` of each row to the partial sums. Uses `kept`, `workspace`.
  @inlinable @inline(__always)
  public static func addWeightGradient(_ call: ConvolutionArguments) {
    let block = call.block
    let geometry = block.convolution
    for row in 0..<call.rows {
      let kept = UnsafePointer(call.kept + row * call.keptStride)
      // Rows of outputs whose inputs and gradients stay in the first-level cache.
      if block.pools {
        let rows = max(1, 3584 / block.packedInputRow - 1)
        var y = 0
        while y < block.outputHeight {
          gatherRows(call, kept, y..<min(block.outputHeight, y + rows))
          y += rows
        }
      } else {
        let floats = geometry.strideY * (block.packedInputRow + block.packedGradientRow)
        let rows = max(1, (7168 - geometry.kernelHeight * block.packedInputRow) / floats)
        var y = 0
        while y < block.outputHeight {
          denseRows(call, kept, y..<min(block.outputHeight, y + rows))
          y += rows
        }
      }
    }
  }

  /// Where in a packed input's window a run starts.
  @inlinable @inline(__always)
  static func runOffset(_ block: ConvolutionBlock, _ run: Int) -> Int {
    let geometry = block.convolution
    if geometry.dilationX == 1 { return run * geometry.dilationY * block.packedInputRow }
    return run / geometry.kernelWidth * geometry.dilationY * block.packedInputRow
      + run % geometry.kernelWidth * geometry.dilationX * geometry.inputChannels
  }

  // MARK: Without pooling: every output has a gradient

  @inlinable @inline(__always)
  static func denseRows(_ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ rows: Range<Int>) {
    var unit = 0
    while unit + 6 <= call.units.count {
      denseUnits(call, kept, rows, unit, Tile<6, 2>.self, Tile<6, 1>.self)
      unit += 6
    }
    while unit + 4 <= call.units.count {
      denseUnits(call, kept, rows, unit, Tile<4, 2>.self, Tile<4, 1>.self)
      unit += 4
    }
    while unit < call.units.count {
      denseUnits(call, kept, rows, unit, Tile<1, 2>.self, Tile<1, 1>.self)
      unit += 1
    }
  }

  @inlinable @inline(__always)
  static func denseUnits<let units: Int>(
    _ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ rows: Range<Int>, _ unit: Int,
    _ two: Tile<units, 2>.Type, _ one: Tile<units, 1>.Type
  ) {
    let count = registers(call.block.runLength)
    for run in 0..<call.block.runCount {
      var register = 0
      while register + 2 <= count {
        denseTile(call, kept, rows, unit, run, register, two)
        register += 2
      }
      if register < count { denseTile(call, kept, rows, unit, run, register, one) }
    }
  }

  @inlinable @inline(__always)
  static func denseTile<let units: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ rows: Range<Int>, _ unit: Int, _ run: Int,
    _ register: Int, _: Tile<units, registers>.Type
  ) {
    let block = call.block
    let geometry = block.convolution
    let inputStep = geometry.strideX * geometry.inputChannels
    let gradientStep = geometry.strideX * geometry.outputChannels
    let sums =
      call.workspace
      + (unit * block.sumsPerChannel + run * roundedUpToLanes(block.runLength) + register * V.laneCount)
    var accumulators = InlineArray<units, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
    for i in 0..<units {
      for j in 0..<registers {
        accumulators[unchecked: i][unchecked: j] = V(loading: sums + (i * block.sumsPerChannel + j * V.laneCount))
      }
    }
    let firstInput = kept + (runOffset(block, run) + register * V.laneCount)
    let firstGradient = kept + (block.keptGradientOffset + block.gradientOffset + call.units.lowerBound + unit)
    for y in rows {
      var input = firstInput + y * geometry.strideY * block.packedInputRow
      var gradient = firstGradient + y * geometry.strideY * block.packedGradientRow
      for _ in 0..<geometry.outputWidth {
        var inputs = InlineArray<registers, V>(repeating: V.zero)
        for j in 0..<registers { inputs[unchecked: j] = V(loading: input + j * V.laneCount) }
        for i in 0..<units {
          let factor = V(repeating: gradient[i])
          for j in 0..<registers {
            accumulators[unchecked: i][unchecked: j] = accumulators[unchecked: i][unchecked: j].addingProduct(
              factor, inputs[unchecked: j])
          }
        }
        input += inputStep
        gradient += gradientStep
      }
    }
    for i in 0..<units {
      for j in 0..<registers {
        accumulators[unchecked: i][unchecked: j].store(to: sums + (i * block.sumsPerChannel + j * V.laneCount))
      }
    }
  }

  // MARK: With pooling: one output in four has a gradient

  @inlinable @inline(__always)
  static func gatherRows(_ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ rows: Range<Int>) {
    let count = registers(call.block.runLength)
    for unit in 0..<call.units.count {
      var register = 0
      while register < count {
        let left = count - register
        if left >= 12 {
          gatherRuns(call, kept, rows, unit, register, many: Tile<1, 12>.self, one: Tile<1, 12>.self)
          register += 12
        } else if left >= 6 {
          gatherRuns(call, kept, rows, unit, register, many: Tile<2, 6>.self, one: Tile<1, 6>.self)
          register += 6
        } else if left >= 4 {
          gatherRuns(call, kept, rows, unit, register, many: Tile<3, 4>.self, one: Tile<1, 4>.self)
          register += 4
        } else if left >= 2 {
          gatherRuns(call, kept, rows, unit, register, many: Tile<5, 2>.self, one: Tile<1, 2>.self)
          register += 2
        } else {
          gatherRuns(call, kept, rows, unit, register, many: Tile<5, 1>.self, one: Tile<1, 1>.self)
          register += 1
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func gatherRuns<let runs: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ rows: Range<Int>, _ unit: Int, _ register: Int,
    many: Tile<runs, registers>.Type, one: Tile<1, registers>.Type
  ) {
    var run = 0
    while run + runs <= call.block.runCount {
      gatherTile(call, kept, rows, unit, run, register, many)
      run += runs
    }
    while run < call.block.runCount {
      gatherTile(call, kept, rows, unit, run, register, one)
      run += 1
    }
  }

  @inlinable @inline(__always)
  static func gatherTile<let runs: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ kept: UnsafePointer<Float>, _ rows: Range<Int>, _ unit: Int, _ run: Int,
    _ register: Int, _: Tile<runs, registers>.Type
  ) {
    let block = call.block
    let geometry = block.convolution
    let (channels, units) = (geometry.inputChannels, geometry.outputChannels)
    let inputRow = block.packedInputRow
    let padded = roundedUpToLanes(block.runLength)
    let sums = call.workspace + (unit * block.sumsPerChannel + run * padded + register * V.laneCount)
    var accumulators = InlineArray<runs, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
    for i in 0..<runs {
      for j in 0..<registers {
        accumulators[unchecked: i][unchecked: j] = V(loading: sums + (i * padded + j * V.laneCount))
      }
    }
    let first = rows.lowerBound * block.outputWidth * units + call.units.lowerBound + unit
    var gradient = kept + (block.keptGradientOffset + first)
    var winner = kept + (block.keptWinnersOffset + first)
    for y in rows {
      var window = kept + ((2 * y + run) * inputRow + register * V.laneCount)
      for _ in 0..<block.outputWidth {
        let place = Int(winner.pointee.bitPattern)
        let source = window + ((place & 1) &* channels &+ (place >> 1) &* inputRow)
        let factor = V(repeating: gradient.pointee)
        for i in 0..<runs {
          for j in 0..<registers {
            accumulators[unchecked: i][unchecked: j] = accumulators[unchecked: i][unchecked: j].addingProduct(
              factor, V(loading: source + (i * inputRow + j * V.laneCount)))
          }
        }
        window += 2 * channels
        gradient += units
        winner += units
      }
    }
    for i in 0..<runs {
      for j in 0..<registers {
        accumulators[unchecked: i][unchecked: j].store(to: sums + (i * padded + j * V.laneCount))
      }
    }
  }

  // MARK: Bias

  /// Adds the bias gradients of `units` of each row to `gradient`: the sum of each image, then the sum of images. Uses
  /// `kept`.
  @inlinable @inline(__always)
  public static func addBiasGradient(_ call: ConvolutionArguments) {
    let block = call.block
    let geometry = block.convolution
    let channels = geometry.outputChannels
    let rowStep = block.pools ? block.outputWidth * channels : geometry.strideY * block.packedGradientRow
    let step = block.pools ? channels : geometry.strideX * channels
    let first = block.keptGradientOffset + (block.pools ? 0 : block.gradientOffset) + call.units.lowerBound
    for row in 0..<call.rows {
      let start = call.kept + (row * call.keptStride + first)
      var unit = 0
      while unit < call.units.count {
        // The last register reads beyond the units: there is room behind what is kept, and those lanes are dropped.
        var sum = V.zero
        for y in 0..<block.outputHeight {
          var gradient = start + (y * rowStep + unit)
          for _ in 0..<block.outputWidth {
            sum = sum.adding(V(loading: gradient))
            gradient += step
          }
        }
        let count = min(V.laneCount, call.units.count - unit)
        for lane in 0..<count { call.gradient[unit + lane] += sum[lane] }
        unit += V.laneCount
      }
    }
  }
}
