import KernelCore
import Martlet
import MartletTestSupport
import Testing

@testable import Kernels

/// Every instruction set that this processor can run.
private let sets: [KernelSet] = InstructionSet.allCases.filter(\.isSupported).compactMap(Kernel.kernels(for:))

extension KernelSet: CustomTestStringConvertible {
  /// The instruction set.
  public var testDescription: String { name }
}

/// Memory for one kernel call: poisoned, with guard zones of a known value on both sides.
private struct Guarded {
  static let zone = 32
  private static let mark: Float = 12_345.678
  private var storage: [Float]
  let count: Int

  init(_ count: Int) {
    self.count = count
    storage = Array(repeating: Self.mark, count: count + 2 * Self.zone)
    for index in 0..<count { storage[Self.zone + index] = .nan }
  }

  mutating func withPointer(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    storage.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start + Self.zone) }
    }
  }

  var values: [Float] { Array(storage[Self.zone..<Self.zone + count]) }
  var isIntact: Bool { (storage.prefix(Self.zone) + storage.suffix(Self.zone)).allSatisfy { $0 == Self.mark } }
}

/// Whole numbers −2…2: products and sums of them are exact, so fast and naive kernels must agree to the last bit.
private func integers(_ count: Int, _ name: String) -> [Float] {
  let source = RandomSource(seed: 21).stream(name)
  return (0..<count).map { Float(source.integer(below: 5, at: $0)) - 2 }
}

/// One convolution of odd sizes.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  let layer: Conv2d
  let input: Shape
  let rows: Int

  var testDescription: String {
    "\(layer.inputChannels)→\(layer.outputChannels) kernel \(layer.kernelSize) stride \(layer.stride) "
      + "padding \(layer.padding) dilation \(layer.dilation) on \(input), \(rows) rows"
  }

  /// Sixty sizes drawn from a seed; those that do not fit are drawn again.
  static let all: [ConvolutionCase] = {
    let source = RandomSource(seed: 22)
    var next = 0
    func pick(_ range: ClosedRange<Int>) -> Int {
      defer { next += 1 }
      return range.lowerBound + source.integer(below: range.count, at: next)
    }
    var cases: [ConvolutionCase] = []
    while cases.count < 60 {
      let layer = Conv2d(
        pick(1...4), pick(1...13), kernelSize: Size2d(height: pick(1...7), width: pick(1...7)),
        stride: Size2d(height: pick(1...3), width: pick(1...3)),
        padding: Size2d(height: pick(0...3), width: pick(0...3)),
        dilation: Size2d(height: pick(1...2), width: pick(1...2)), bias: pick(0...1) == 1)
      let input: Shape = [layer.inputChannels, pick(1...12), pick(1...37)]
      if (try? layer.outputShape(for: input)) != nil {
        cases.append(ConvolutionCase(layer: layer, input: input, rows: pick(1...3)))
      }
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
}

@Suite("Fast kernels agree with naive ones to the last bit, and write nothing else")
struct KernelTests {
  @Test("the baseline is there, and AVX2 where the processor has it")
  func instructionSets() {
    #expect(sets.first?.name == "baseline")
    #expect(sets.contains { $0.name == "avx2" } == InstructionSet.avx2.isSupported)
  }

  @Test(
    "linear layers of odd sizes", arguments: sets,
    [(1, 1, 1), (2, 7, 3), (3, 8, 4), (5, 33, 10), (7, 84, 13), (4, 120, 84)])
  func linear(set: KernelSet, size: (rows: Int, inputs: Int, outputs: Int)) {
    let (rows, inputs, outputs) = size
    let x = integers(rows * inputs, "x")
    let w = integers(outputs * inputs, "w")
    let b = integers(outputs, "b")
    let dy = integers(rows * outputs, "dy")
    func naive(_ count: Int, _ terms: Int, _ element: (Int, Int) -> Float) -> [Float] {
      (0..<count).map { index in (0..<terms).reduce(0) { $0 + element(index, $1) } }
    }

    var y = Guarded(rows * outputs)
    y.withPointer { output in
      surrounded(x) { x in
        surrounded(w) { w in
          surrounded(b) { b in
            set.dotProducts(
              DotProductsArguments(
                input: x, weight: w, bias: b, output: output, rows: rows,
                inputs: inputs, outputs: outputs))
          }
        }
      }
    }
    let expected = naive(rows * outputs, inputs) { x[$0 / outputs * inputs + $1] * w[$0 % outputs * inputs + $1] }
    #expect(y.values == zip(expected, expected.indices).map { $0 + b[$1 % outputs] })
    #expect(y.isIntact)

    // The input gradient reads its coefficients along rows, the weight gradient along columns.
    var dx = Guarded(rows * inputs)
    var dw = Guarded(outputs * inputs)
    surrounded(dy) { dy in
      dx.withPointer { output in
        surrounded(w) { w in
          set.rowCombination(
            RowCombinationArguments(
              coefficients: dy, coefficientRowStride: outputs, coefficientTermStride: 1,
              vectors: w, output: output, rows: rows, terms: outputs, width: inputs))
        }
      }
      dw.withPointer { output in
        surrounded(x) { x in
          set.rowCombination(
            RowCombinationArguments(
              coefficients: dy, coefficientRowStride: 1, coefficientTermStride: outputs,
              vectors: x, output: output, rows: outputs, terms: rows, width: inputs))
        }
      }
    }
    #expect(
      dx.values
        == naive(rows * inputs, outputs) { dy[$0 / inputs * outputs + $1] * w[$1 * inputs + $0 % inputs] })
    #expect(
      dw.values == naive(outputs * inputs, rows) { dy[$1 * outputs + $0 / inputs] * x[$1 * inputs + $0 % inputs] })
    #expect(dx.isIntact && dw.isIntact)
  }

  @Test("convolutions of odd sizes", arguments: sets, ConvolutionCase.all)
  func convolution(set: KernelSet, size: ConvolutionCase) throws {
    let geometry = size.geometry
    let rows = size.rows
    let x = integers(rows * geometry.inputCount, "x")
    let w = integers(geometry.outputChannels * geometry.weightsPerChannel, "w")
    let b = integers(geometry.outputChannels, "b")
    let dy = integers(rows * geometry.outputCount, "dy")

    func call(_ kernel: (ConvolutionArguments) -> Void, _ count: Int, channels: Range<Int>? = nil) -> [Float] {
      var result = Guarded(count)
      var workspace = Guarded(geometry.workspaceCount)
      result.withPointer { result in
        workspace.withPointer { workspace in
          surrounded(x) { x in
            surrounded(w) { w in
              surrounded(b) { b in
                surrounded(dy) { dy in
                  kernel(
                    ConvolutionArguments(
                      geometry: geometry, input: x, weight: w,
                      bias: size.layer.hasBias ? b : nil, outputGradient: dy,
                      result: result, workspace: workspace, rows: rows,
                      channels: channels ?? 0..<geometry.outputChannels))
                }
              }
            }
          }
        }
      }
      #expect(result.isIntact && workspace.isIntact)
      return result.values
    }

    let forward = try Reference.convolution(size.layer, inputShape: size.input, rows: rows)
    let wide = { (values: [Float]) in values.map(Double.init) }
    let y = forward(wide(x), wide(w + (size.layer.hasBias ? b : []))).map(Float.init)
    #expect(call(set.convolutionForward, rows * geometry.outputCount) == y)

    let gradients = naiveGradients(size, x, w, dy)
    #expect(call(set.convolutionBackward, rows * geometry.inputCount) == gradients.input)
    #expect(call(set.convolutionWeightGradient, w.count) == gradients.weight)
    if geometry.outputChannels > 2 {
      let part = 1..<geometry.outputChannels - 1
      #expect(
        call(set.convolutionWeightGradient, part.count * geometry.weightsPerChannel, channels: part)
          == Array(
            gradients.weight[
              part.lowerBound * geometry.weightsPerChannel..<part.upperBound * geometry.weightsPerChannel]))
    }
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

  /// Reads beside what a kernel may read bring in NaN, which no sum survives.
  private func surrounded(_ values: [Float], _ body: (UnsafePointer<Float>) -> Void) {
    let zone = [Float](repeating: .nan, count: Guarded.zone)
    (zone + values + zone).withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start + Guarded.zone) }
    }
  }

  @Test("element by element, on any number of elements", arguments: sets, [0, 1, 3, 4, 7, 8, 9, 31, 64, 100])
  func elementwise(set: KernelSet, count: Int) {
    let (a, b) = (integers(count, "a"), integers(count, "b"))
    func run(_ kernel: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void) -> [Float] {
      var result = Guarded(count)
      surrounded(a) { a in surrounded(b) { b in result.withPointer { kernel(a, b, $0) } } }
      #expect(result.isIntact)
      return result.values
    }
    #expect(run { a, _, y in set.rectify(a, y, count) } == a.map { max($0, 0) })
    #expect(run { a, b, y in set.rectifyGradient(a, b, y, count) } == zip(a, b).map { $0 > 0 ? $1 : 0 })
    #expect(run { a, b, y in set.add(a, b, y, count) } == zip(a, b).map { $0 + $1 })
    #expect(run { a, _, y in set.scale(a, 0.25, y, count) } == a.map { $0 * 0.25 })
    let bytes = (0..<count).map { UInt8($0) }
    let normalized = run { _, _, y in
      bytes.withUnsafeBufferPointer { bytes in
        if let start = bytes.baseAddress { set.normalize(start, 0.5, -3, y, count) }
      }
    }
    #expect(normalized == bytes.map { Float($0) * 0.5 - 3 })
  }

  @Test("bias gradients over rows and positions", arguments: sets, [1, 2, 7, 8, 33, 100])
  func biasGradient(set: KernelSet, positions: Int) {
    let (rows, channels) = (3, 5)
    let dy = integers(rows * channels * positions, "dy")
    for units in [0..<5, 1..<4, 4..<5] {
      var result = Guarded(units.count)
      surrounded(dy) { dy in result.withPointer { set.biasGradient(dy, rows, channels, positions, units, $0) } }
      let expected = units.map { unit in
        (0..<rows).reduce(Float(0)) { sum, row in
          let start = (row * channels + unit) * positions
          return dy[start..<start + positions].reduce(sum, +)
        }
      }
      #expect(result.values == expected && result.isIntact)
    }
  }

  @Test("updates of any number of parameters, in all four forms", arguments: sets, [1, 7, 8, 19, 64])
  func descend(set: KernelSet, count: Int) {
    let (gradient, start) = (integers(count, "gradient"), integers(count, "start"))
    for (momentum, nesterov, isFirst) in [
      (0, false, true), (0.5, false, true), (0.5, false, false), (0.5, true, false),
    ] as [(Float, Bool, Bool)] {
      var (parameters, velocity) = (Guarded(count), Guarded(count))
      parameters.withPointer { $0.update(from: start, count: count) }
      velocity.withPointer { $0.update(repeating: 2, count: count) }
      surrounded(gradient) { gradient in
        parameters.withPointer { parameters in
          velocity.withPointer { velocity in
            set.descend(
              DescentArguments(
                learningRate: 0.25, momentum: momentum, dampening: 0.5, weightDecay: 0.5,
                usesNesterovMomentum: nesterov,
                isFirstUpdate: isFirst, parameters: parameters, gradient: gradient, velocity: velocity, count: count))
          }
        }
      }
      // Powers of two throughout: exact.
      let expected = zip(start, gradient).map { (p, g) -> Float in
        let d = g + 0.5 * p
        let v = isFirst ? d : momentum * 2 + 0.5 * d
        return p - 0.25 * (momentum == 0 ? d : nesterov ? d + momentum * v : v)
      }
      #expect(parameters.values == expected)
      #expect(parameters.isIntact && velocity.isIntact)
    }
  }

  @Test("max-pooling of odd sizes", arguments: sets, [1, 2, 3, 5])
  func pooling(set: KernelSet, kernel: Int) {
    let source = RandomSource(seed: 24).stream(kernel)
    for trial in 0..<20 {
      func pick(_ range: ClosedRange<Int>, _ index: Int) -> Int {
        range.lowerBound + source.integer(below: range.count, at: trial * 8 + index)
      }
      let geometry = PoolingGeometry(
        channels: pick(1...3, 0), inputHeight: kernel + pick(0...6, 1), inputWidth: kernel + pick(0...20, 2),
        kernelHeight: kernel, kernelWidth: pick(1...kernel, 3), strideY: pick(1...3, 4), strideX: pick(1...3, 5),
        paddingY: pick(0...kernel / 2, 6), paddingX: 0)
      let rows = 2
      let (x, dy) = (integers(rows * geometry.inputCount, "x"), integers(rows * geometry.outputCount, "dy"))
      var (expected, gradient) = ([Float](), [Float](repeating: 0, count: x.count))
      for plane in 0..<rows * geometry.channels {
        for y in 0..<geometry.outputHeight {
          for column in 0..<geometry.outputWidth {
            var best: Int?
            for ky in 0..<geometry.kernelHeight {
              for kx in 0..<geometry.kernelWidth {
                let (inputY, inputX) = (y * geometry.strideY + ky - geometry.paddingY, column * geometry.strideX + kx)
                guard inputY >= 0, inputY < geometry.inputHeight, inputX < geometry.inputWidth else { continue }
                let position = (plane * geometry.inputHeight + inputY) * geometry.inputWidth + inputX
                if best == nil || x[position] > x[best!] { best = position }
              }
            }
            gradient[best!] += dy[expected.count]
            expected.append(x[best!])
          }
        }
      }
      var (output, inputGradient) = (Guarded(dy.count), Guarded(x.count))
      surrounded(x) { x in
        output.withPointer { set.maxPoolForward(geometry, rows, x, $0) }
        surrounded(dy) { dy in inputGradient.withPointer { set.maxPoolBackward(geometry, rows, x, dy, $0) } }
      }
      #expect(output.values == expected && inputGradient.values == gradient)
      #expect(output.isIntact && inputGradient.isIntact)
    }
  }

  @Test(
    "softmax of any number of classes sums to 1, and its logarithm is exact to 1e-6", arguments: sets, [1, 2, 10, 1000])
  func softmax(set: KernelSet, classes: Int) {
    let source = RandomSource(seed: 23)
    for scale in [1, 100, 10_000] as [Float] {
      let logits = (0..<classes).map { (source.uniform(at: $0) * 2 - 1) * scale }
      var probabilities = Guarded(classes)
      var summary = SoftmaxSummary(maximum: 0, logSum: 0)
      probabilities.withPointer { output in
        logits.withUnsafeBufferPointer { summary = set.softmax($0.baseAddress!, output, classes) }
      }
      let total = probabilities.values.reduce(0) { $0 + Double($1) }
      #expect(abs(total - 1) < 1e-6 && probabilities.isIntact)
      let expected = Reference.crossEntropy(
        logits: logits.map(Double.init), distribution: [1] + Array(repeating: 0, count: classes - 1), smoothing: 0)
      let found = summary.logSum - Double(logits[0] - summary.maximum)
      #expect(abs(found - expected) <= 1e-6 * max(1, expected))
    }
  }
}
