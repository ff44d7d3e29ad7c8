import KernelCore
import Martlet
import MartletTestSupport
import Testing

@testable import Kernels

/// One convolution of odd sizes, with what is fused to it.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  let layer: Conv2d
  let input: Shape
  let rows: Int
  let rectifies: Bool
  let pools: Bool
  let inputLayout: ImageLayout
  let outputLayout: ImageLayout

  var testDescription: String {
    "\(layer.inputChannels)→\(layer.outputChannels) kernel \(layer.kernelSize) stride \(layer.stride) "
      + "padding \(layer.padding) dilation \(layer.dilation) on \(input), \(rows) rows, "
      + "\(inputLayout) to \(outputLayout)\(rectifies ? ", ReLU" : "")\(pools ? ", pooled" : "")"
  }

  /// The layers of known networks, then sizes drawn from a seed.
  static let all = known + large + random

  /// Many channels on few pixels: several images side by side, with some left over; weights in several parts, for every register;
  /// inputs and gradients copied side by side, apart from each other as well; runs of inputs of twelve registers and more.
  private static let large: [ConvolutionCase] = {
    func sized(_ layer: Conv2d, _ size: Int, rows: Int, pools: Bool = false) -> ConvolutionCase {
      ConvolutionCase(
        layer: layer, input: [layer.inputChannels, size, size], rows: rows, rectifies: pools, pools: pools,
        inputLayout: .channelsLast, outputLayout: .channelsLast)
    }
    return [
      sized(Conv2d(96, 30, kernelSize: 3, padding: 1), 5, rows: 9),
      sized(Conv2d(64, 25, kernelSize: 3, stride: 2, padding: 1), 5, rows: 3),
      sized(Conv2d(65, 24, kernelSize: 2, padding: 1, dilation: 2), 4, rows: 3),
      sized(Conv2d(64, 10, kernelSize: 3, padding: 1), 8, rows: 3, pools: true),
      sized(Conv2d(100, 6, kernelSize: 3, padding: 1), 5, rows: 6, pools: true),
    ]
  }()

  /// Few channels and long rows, whole registers, several passes over an image.
  private static let known: [ConvolutionCase] = [
    (3, 6, 5, 32, 0, true), (3, 8, 3, 37, 0, true), (1, 1, 5, 28, 0, true), (2, 5, 3, 24, 0, true),
    (3, 4, 3, 19, 0, true), (6, 16, 5, 14, 0, true), (32, 32, 3, 32, 1, true), (24, 40, 3, 16, 1, false),
  ].flatMap { inputs, outputs, kernel, size, padding, pools in
    [true, false].map { isFirst in
      ConvolutionCase(
        layer: Conv2d(
          inputs, outputs, kernelSize: Size2d(height: kernel, width: kernel),
          padding: Size2d(height: padding, width: padding)),
        input: [inputs, size, size], rows: 2, rectifies: isFirst, pools: pools,
        inputLayout: inputs <= 3 ? .channelsFirst : .channelsLast,
        outputLayout: isFirst ? .channelsLast : .channelsFirst)
    }
  }

  /// Sizes that do not fit are drawn again. Half of them can be pooled.
  private static let random: [ConvolutionCase] = {
    let source = RandomSource(seed: 22)
    var next = 0
    func pick(_ range: ClosedRange<Int>) -> Int {
      defer { next += 1 }
      return range.lowerBound + source.integer(below: range.count, at: next)
    }
    func flip() -> Bool { pick(0...1) == 1 }
    var cases: [ConvolutionCase] = []
    while cases.count < 120 {
      let isDense = cases.count % 2 == 0
      let layer = Conv2d(
        pick(1...9), pick(1...22), kernelSize: Size2d(height: pick(1...7), width: pick(1...7)),
        stride: isDense ? 1 : Size2d(height: pick(1...3), width: pick(1...3)),
        padding: Size2d(height: pick(0...3), width: pick(0...3)),
        dilation: isDense ? 1 : Size2d(height: pick(1...2), width: pick(1...2)), bias: flip())
      let input: Shape = [layer.inputChannels, pick(1...12), pick(1...37)]
      guard let output = try? layer.outputShape(for: input) else { continue }
      cases.append(
        ConvolutionCase(
          layer: layer, input: input, rows: pick(1...3), rectifies: flip(),
          pools: isDense && output[1] >= 2 && output[2] >= 2, inputLayout: flip() ? .channelsFirst : .channelsLast,
          outputLayout: flip() ? .channelsFirst : .channelsLast))
    }
    return cases
  }()

  var geometry: ConvolutionGeometry {
    ConvolutionGeometry(
      inputChannels: layer.inputChannels, inputHeight: input[1], inputWidth: input[2],
      outputChannels: layer.outputChannels, kernelHeight: layer.kernelSize.height, kernelWidth: layer.kernelSize.width,
      strideY: layer.stride.height, strideX: layer.stride.width, paddingY: layer.padding.height,
      paddingX: layer.padding.width, dilationY: layer.dilation.height, dilationX: layer.dilation.width)
  }

  var block: ConvolutionBlock {
    ConvolutionBlock(
      geometry, rectifies: rectifies, pools: pools, inputLayout: inputLayout, outputLayout: outputLayout)
  }
}

/// (rows, channels, positions) in the given layout.
private func arranged(_ values: [Float], channels: Int, positions: Int, _ layout: ImageLayout) -> [Float] {
  guard layout == .channelsLast else { return values }
  let image = channels * positions
  return values.indices.map { index in
    let (row, rest) = (index / image, index % image)
    return values[row * image + rest % channels * positions + rest / channels]
  }
}

@Suite("Convolution blocks agree with naive ones to the last bit, and write nothing else")
struct ConvolutionKernelTests {
  @Test("outputs and all gradients of odd sizes", arguments: sets, ConvolutionCase.all)
  func block(set: KernelSet, size: ConvolutionCase) throws {
    let (block, geometry, rows) = (size.block, size.geometry, size.rows)
    let x = integers(rows * geometry.inputCount, "x")
    let w = integers(geometry.outputChannels * geometry.weightsPerChannel, "w")
    let b = size.layer.hasBias ? integers(geometry.outputChannels, "b") : []
    let dy = integers(rows * block.outputCount, "dy")
    let naive = try naive(size, x, w, b, dy)
    let inputPositions = geometry.inputHeight * geometry.inputWidth
    let input = arranged(x, channels: geometry.inputChannels, positions: inputPositions, size.inputLayout)
    let outputGradient = arranged(
      dy, channels: geometry.outputChannels, positions: block.outputPositions, size.outputLayout)

    var (prepared, kept) = (Guarded(block.preparedCount), Guarded(rows * block.keptCount))
    var (workspace, output) = (Guarded(block.workspaceCount), Guarded(rows * block.outputCount))
    var inputGradient = Guarded(x.count)
    prepared.withPointer { $0.update(repeating: 0, count: block.preparedCount) }
    /// Calls a kernel with only those pointers that it may use; the others lead to one poisoned float.
    func call(
      _ kernel: (ConvolutionArguments) -> Void, _ units: Range<Int>? = nil, gradient: inout Guarded,
      _ set: (inout ConvolutionArguments) -> Void
    ) {
      var unused: Float = .nan
      withUnsafeMutablePointer(to: &unused) { unused in
        var arguments = ConvolutionArguments(
          block: block, rows: rows, units: units ?? 0..<geometry.outputChannels, unused: unused)
        set(&arguments)
        gradient.withPointer { pointer in
          workspace.withPointer { workspace in
            kept.withPointer { kept in
              prepared.withPointer { prepared in
                (arguments.gradient, arguments.workspace) = (pointer, workspace)
                (arguments.kept, arguments.keptStride, arguments.prepared) = (kept, block.keptCount, prepared)
                kernel(arguments)
              }
            }
          }
        }
      }
      #expect(unused.isNaN && workspace.isIntact && kept.isIntact && prepared.isIntact && gradient.isIntact)
    }

    var nothing = Guarded(0)
    // In two parts, as two threads prepare them.
    for units in [0..<geometry.outputChannels / 2, geometry.outputChannels / 2..<geometry.outputChannels] {
      surrounded(w) { w in call(set.convolutionPrepareWeights, units, gradient: &nothing) { $0.weight = w } }
      surrounded(b) { b in
        call(set.convolutionPrepareBias, units, gradient: &nothing) { $0.bias = size.layer.hasBias ? b : nil }
      }
    }
    surrounded(input) { input in
      output.withPointer { output in
        call(set.convolutionForward, gradient: &nothing) { ($0.input, $0.output) = (input, output) }
      }
    }
    #expect(
      output.values
        == arranged(
          naive.output, channels: geometry.outputChannels, positions: block.outputPositions, size.outputLayout))
    #expect(output.isIntact)
    // With scratch memory for few rows alone, outputs are the same; what is kept of the input can be made anew.
    for scratchRows in 1..<max(1, min(rows, 4)) {
      var (scratch, again) = (Guarded(scratchRows * block.keptCount), Guarded(rows * block.outputCount))
      surrounded(input) { input in
        again.withPointer { again in
          call(
            {
              var arguments = $0
              (arguments.kept, arguments.keptRows) = (arguments.gradient, scratchRows)
              set.convolutionForward(arguments)
            }, gradient: &scratch
          ) { ($0.input, $0.output) = (input, again) }
        }
      }
      #expect(again.values == output.values && again.isIntact)
    }
    if !block.pools {
      func inputs() -> [Float] {
        (0..<rows).flatMap {
          kept.values[$0 * block.keptCount..<$0 * block.keptCount + block.packedInputHeight * block.packedInputRow]
        }
      }
      let before = inputs()
      kept.withPointer { $0.update(repeating: .nan, count: rows * block.keptCount) }
      surrounded(input) { input in call(set.convolutionKeepInput, gradient: &nothing) { $0.input = input } }
      #expect(inputs() == before)
    }

    surrounded(outputGradient) { outputGradient in
      output.withPointer { output in
        call(set.convolutionKeepGradient, gradient: &nothing) {
          ($0.output, $0.outputGradient) = (output, outputGradient)
        }
      }
    }
    inputGradient.withPointer { inputGradient in
      call(set.convolutionBackward, gradient: &nothing) { $0.inputGradient = inputGradient }
    }
    #expect(
      inputGradient.values
        == arranged(naive.input, channels: geometry.inputChannels, positions: inputPositions, size.inputLayout))
    #expect(inputGradient.isIntact)

    let parts = [0..<geometry.outputChannels] + (geometry.outputChannels > 2 ? [1..<geometry.outputChannels - 1] : [])
    for units in parts {
      var weightGradient = Guarded(units.count * geometry.weightsPerChannel)
      call(set.convolutionClearSums, units, gradient: &weightGradient) { _ in }
      call(set.convolutionAddWeightGradient, units, gradient: &weightGradient) { _ in }
      call(set.convolutionWriteWeightGradient, units, gradient: &weightGradient) { _ in }
      let elements = units.lowerBound * geometry.weightsPerChannel..<units.upperBound * geometry.weightsPerChannel
      #expect(weightGradient.values == Array(naive.weight[elements]))
      var biasGradient = Guarded(units.count)
      biasGradient.withPointer { $0.update(repeating: 0, count: units.count) }
      call(set.convolutionAddBiasGradient, units, gradient: &biasGradient) { _ in }
      #expect(biasGradient.values == Array(naive.bias[units]))
    }
  }

  /// The block by its definition: a convolution, ReLU, pooling, and back.
  private func naive(
    _ size: ConvolutionCase, _ x: [Float], _ w: [Float], _ b: [Float], _ dy: [Float]
  ) throws -> (output: [Float], input: [Float], weight: [Float], bias: [Float]) {
    let (block, geometry) = (size.block, size.geometry)
    let forward = try Reference.convolution(size.layer, inputShape: size.input, rows: size.rows)
    let convolved = forward(x.map(Double.init), (w + b).map(Double.init)).map(Float.init)
    let rectified = size.rectifies ? convolved.map { max($0, 0) } : convolved
    var output = rectified
    // The output that each element of the convolution is, if it is one.
    var winners = Array(rectified.indices)
    if size.pools {
      output = []
      winners = []
      for plane in 0..<size.rows * geometry.outputChannels {
        for y in 0..<block.outputHeight {
          for column in 0..<block.outputWidth {
            let corner = (plane * geometry.outputHeight + 2 * y) * geometry.outputWidth + 2 * column
            var best = corner
            for place in [corner + 1, corner + geometry.outputWidth, corner + geometry.outputWidth + 1]
            where rectified[place] > rectified[best] { best = place }
            output.append(rectified[best])
            winners.append(best)
          }
        }
      }
    }
    var gradient = [Float](repeating: 0, count: rectified.count)
    for (winner, value) in zip(winners, dy) where !size.rectifies || convolved[winner] > 0 { gradient[winner] += value }
    let gradients = naiveGradients(size, x, w, gradient)
    let positions = geometry.outputHeight * geometry.outputWidth
    let bias = (0..<geometry.outputChannels).map { unit in
      (0..<size.rows).reduce(Float(0)) { sum, row in
        let start = (row * geometry.outputChannels + unit) * positions
        return gradient[start..<start + positions].reduce(sum, +)
      }
    }
    return (output, gradients.input, gradients.weight, bias)
  }

  /// Both gradients by the definition: one product of each input, weight and output gradient that meet.
  private func naiveGradients(
    _ size: ConvolutionCase, _ x: [Float], _ w: [Float], _ dy: [Float]
  ) -> (input: [Float], weight: [Float]) {
    let g = size.geometry
    var input = [Float](repeating: 0, count: x.count)
    var weight = [Float](repeating: 0, count: w.count)
    for row in 0..<size.rows {
      for unit in 0..<g.outputChannels {
        for y in 0..<g.outputHeight {
          for column in 0..<g.outputWidth {
            let gradient = dy[((row * g.outputChannels + unit) * g.outputHeight + y) * g.outputWidth + column]
            for channel in 0..<g.inputChannels {
              for ky in 0..<g.kernelHeight {
                for kx in 0..<g.kernelWidth {
                  let inputY = y * g.strideY + ky * g.dilationY - g.paddingY
                  let inputX = column * g.strideX + kx * g.dilationX - g.paddingX
                  guard inputY >= 0, inputY < g.inputHeight, inputX >= 0, inputX < g.inputWidth else { continue }
                  let position = ((row * g.inputChannels + channel) * g.inputHeight + inputY) * g.inputWidth + inputX
                  let tap = ((unit * g.inputChannels + channel) * g.kernelHeight + ky) * g.kernelWidth + kx
                  input[position] += gradient * w[tap]
                  weight[tap] += gradient * x[position]
                }
              }
            }
          }
        }
      }
    }
    return (input, weight)
  }
}
