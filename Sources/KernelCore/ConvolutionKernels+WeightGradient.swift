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
    // Small images side by side.
    let outputs = block.pools ? block.pooledOutputs : block.denseOutputs
    let images = max(1, outputs / block.outputPositions)
    let rows = max(1, outputs / block.outputWidth)
    var row = 0
    while row < call.rows {
      let group = row..<min(call.rows, row + images)
      var y = 0
      while y < block.outputHeight {
        let lines = y..<min(block.outputHeight, y + rows)
        if block.pools { gatherRows(call, group, lines) } else { denseRows(call, group, lines) }
        y += rows
      }
      row = group.upperBound
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
  static func denseRows(_ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>) {
    let copies = call.block.copiesSideBySide(units: call.units.count)
    if copies { copyGradients(call, images, rows) }
    let count = registers(call.block.runLength)
    for run in 0..<call.block.runCount {
      var register = 0
      while register < count {
        if register + 2 <= count {
          denseUnits(
            call, images, rows, run, register, copies: copies, Tile<6, 2>.self, Tile<4, 2>.self, Tile<2, 2>.self,
            Tile<1, 2>.self)
          register += 2
        } else {
          denseUnits(
            call, images, rows, run, register, copies: copies, Tile<6, 1>.self, Tile<4, 1>.self, Tile<2, 1>.self,
            Tile<1, 1>.self)
          register += 1
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func denseUnits<let registers: Int>(
    _ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>, _ run: Int, _ register: Int, copies: Bool,
    _ six: Tile<6, registers>.Type, _ four: Tile<4, registers>.Type, _ two: Tile<2, registers>.Type,
    _ one: Tile<1, registers>.Type
  ) {
    if copies { copyInputs(call, images, rows, run, register, six) }
    forEachTile(call.units.count) {
      denseTile(call, images, rows, $0, run, register, copies: copies, six)
    } four: {
      denseTile(call, images, rows, $0, run, register, copies: copies, four)
    } two: {
      denseTile(call, images, rows, $0, run, register, copies: copies, two)
    } one: {
      denseTile(call, images, rows, $0, run, register, copies: copies, one)
    }
  }

  /// Cuts units into tiles of six, four, two and one, and calls a function with the first of each.
  @inlinable @inline(__always)
  static func forEachTile(
    _ units: Int, six: (Int) -> Void, four: (Int) -> Void, two: (Int) -> Void, one: (Int) -> Void
  ) {
    var unit = 0
    while unit + 6 <= units {
      six(unit)
      unit += 6
    }
    while unit + 4 <= units {
      four(unit)
      unit += 4
    }
    while unit + 2 <= units {
      two(unit)
      unit += 2
    }
    if unit < units { one(unit) }
  }

  /// Copies the outputs' gradients, (units of a tile) for each output, tile after tile.
  @inlinable @inline(__always)
  static func copyGradients(_ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>) {
    let block = call.block
    let positions = images.count * rows.count * block.outputWidth
    let gradients = call.workspace + block.sumsCount
    func copy(_ unit: Int, _ count: Int) {
      var target = gradients + unit * positions
      forEachOutput(call, images, rows) { _, gradient in
        for i in 0..<count { target[i] = gradient[unit + i] }
        target += count
      }
    }
    forEachTile(call.units.count) {
      copy($0, 6)
    } four: {
      copy($0, 4)
    } two: {
      copy($0, 2)
    } one: {
      copy($0, 1)
    }
  }

  /// Copies the registers of inputs of one run, output by output.
  @inlinable @inline(__always)
  static func copyInputs<let units: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>, _ run: Int, _ register: Int,
    _: Tile<units, registers>.Type
  ) {
    let block = call.block
    let offset = runOffset(block, run) + register * V.laneCount
    var target = call.workspace + (block.sumsCount + block.denseOutputs * block.convolution.outputChannels)
    forEachOutput(call, images, rows) { window, _ in
      for j in 0..<registers { V(loading: window + (offset + j * V.laneCount)).store(to: target + j * V.laneCount) }
      target += registers * V.laneCount
    }
  }

  /// Calls `body` with each output's window, and the gradients of the units that are asked for.
  @inlinable @inline(__always)
  static func forEachOutput(
    _ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    let block = call.block
    let geometry = block.convolution
    for image in images {
      let kept = UnsafePointer(call.kept + image * call.keptStride)
      let firstGradient = kept + (block.keptGradientOffset + block.gradientOffset + call.units.lowerBound)
      for y in rows {
        var window = kept + y * geometry.strideY * block.packedInputRow
        var gradient = firstGradient + y * geometry.strideY * block.packedGradientRow
        for _ in 0..<geometry.outputWidth {
          body(window, gradient)
          window += geometry.strideX * geometry.inputChannels
          gradient += geometry.strideX * geometry.outputChannels
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func denseTile<let units: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>, _ unit: Int, _ run: Int,
    _ register: Int, copies: Bool, _: Tile<units, registers>.Type
  ) {
    let block = call.block
    let sums =
      call.workspace
      + (unit * block.sumsPerChannel + run * roundedUpToLanes(block.runLength) + register * V.laneCount)
    var accumulators = InlineArray<units, InlineArray<registers, V>>(repeating: InlineArray(repeating: V.zero))
    for i in 0..<units {
      for j in 0..<registers {
        accumulators[unchecked: i][unchecked: j] = V(loading: sums + (i * block.sumsPerChannel + j * V.laneCount))
      }
    }
    if copies {
      let positions = images.count * rows.count * block.outputWidth
      let copied = UnsafePointer(call.workspace + block.sumsCount)
      accumulate(
        &accumulators, copied + block.denseOutputs * block.convolution.outputChannels, registers * V.laneCount,
        copied + unit * positions, units, count: positions)
    } else {
      let geometry = block.convolution
      let firstInput = runOffset(block, run) + register * V.laneCount
      let firstGradient = block.keptGradientOffset + block.gradientOffset + call.units.lowerBound + unit
      for image in images {
        let kept = UnsafePointer(call.kept + image * call.keptStride)
        for y in rows {
          accumulate(
            &accumulators, kept + (firstInput + y * geometry.strideY * block.packedInputRow),
            geometry.strideX * geometry.inputChannels,
            kept + (firstGradient + y * geometry.strideY * block.packedGradientRow),
            geometry.strideX * geometry.outputChannels, count: geometry.outputWidth)
        }
      }
    }
    for i in 0..<units {
      for j in 0..<registers {
        accumulators[unchecked: i][unchecked: j].store(to: sums + (i * block.sumsPerChannel + j * V.laneCount))
      }
    }
  }

  /// Adds the products of `count` outputs' gradients with their inputs, each so many floats behind the one before.
  @inlinable @inline(__always)
  static func accumulate<let units: Int, let registers: Int>(
    _ accumulators: inout InlineArray<units, InlineArray<registers, V>>, _ firstInput: UnsafePointer<Float>,
    _ inputStep: Int, _ firstGradient: UnsafePointer<Float>, _ gradientStep: Int, count: Int
  ) {
    var (input, gradient) = (firstInput, firstGradient)
    for _ in 0..<count {
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

  // MARK: With pooling: one output in four has a gradient

  @inlinable @inline(__always)
  static func gatherRows(_ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>) {
    let count = registers(call.block.runLength)
    var register = 0
    while register < count {
      let left = count - register
      if left >= 12 {
        gatherUnits(call, images, rows, register, many: Tile<1, 12>.self, one: Tile<1, 12>.self)
        register += 12
      } else if left >= 6 {
        gatherUnits(call, images, rows, register, many: Tile<2, 6>.self, one: Tile<1, 6>.self)
        register += 6
      } else if left >= 4 {
        gatherUnits(call, images, rows, register, many: Tile<3, 4>.self, one: Tile<1, 4>.self)
        register += 4
      } else if left >= 2 {
        gatherUnits(call, images, rows, register, many: Tile<5, 2>.self, one: Tile<1, 2>.self)
        register += 2
      } else {
        gatherUnits(call, images, rows, register, many: Tile<5, 1>.self, one: Tile<1, 1>.self)
        register += 1
      }
    }
  }

  @inlinable @inline(__always)
  static func gatherUnits<let runs: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>, _ register: Int,
    many: Tile<runs, registers>.Type, one: Tile<1, registers>.Type
  ) {
    for unit in 0..<call.units.count {
      var run = 0
      while run + runs <= call.block.runCount {
        gatherTile(call, images, rows, unit, run, register, many)
        run += runs
      }
      while run < call.block.runCount {
        gatherTile(call, images, rows, unit, run, register, one)
        run += 1
      }
    }
  }

  @inlinable @inline(__always)
  static func gatherTile<let runs: Int, let registers: Int>(
    _ call: ConvolutionArguments, _ images: Range<Int>, _ rows: Range<Int>, _ unit: Int, _ run: Int,
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
    for image in images {
      let kept = UnsafePointer(call.kept + image * call.keptStride)
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
