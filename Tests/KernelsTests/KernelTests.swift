import KernelCore
import Martlet
import MartletTestSupport
import Testing

@testable import Kernels

@Suite("Fast kernels agree with naive ones to the last bit, and write nothing else")
struct KernelTests {
  @Test("the baseline is there, and AVX2 where the processor has it")
  func instructionSets() {
    #expect(sets.first?.name == "baseline")
    #expect(sets.contains { $0.name == "avx2" } == InstructionSet.avx2.isSupported)
    #expect(sets.contains { $0.name == "avx512" } == InstructionSet.avx512.isSupported)
  }

  @Test(
    "linear layers of odd sizes", arguments: sets,
    [
      (1, 1, 1), (2, 7, 3), (3, 8, 4), (5, 33, 10), (7, 84, 13), (4, 120, 84), (18, 25, 300), (300, 40, 19),
      (3, 2100, 65),
    ])
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
                input: x, weight: w, bias: b, output: output, rectifies: false, rows: rows,
                inputs: inputs, outputs: outputs, outputStride: outputs))
          }
        }
      }
    }
    let expected = naive(rows * outputs, inputs) { x[$0 / outputs * inputs + $1] * w[$0 % outputs * inputs + $1] }
    #expect(y.values == zip(expected, expected.indices).map { $0 + b[$1 % outputs] })
    #expect(y.isIntact)

    // Some outputs alone, as one of several threads computes them.
    let some = outputs / 3..<outputs - outputs / 4
    var part = Guarded(rows * outputs)
    part.withPointer { output in
      surrounded(x) { x in
        surrounded(w) { w in
          set.dotProducts(
            DotProductsArguments(
              input: x, weight: w + some.lowerBound * inputs, bias: nil, output: output + some.lowerBound,
              rectifies: true, rows: rows, inputs: inputs, outputs: some.count, outputStride: outputs))
        }
      }
    }
    #expect(part.isIntact)
    for (index, value) in part.values.enumerated() {
      #expect(some.contains(index % outputs) ? value == max(0, expected[index]) : value.isNaN)
    }

    // The input gradient reads its coefficients along rows, the weight gradient along columns.
    var dx = Guarded(rows * inputs)
    var dw = Guarded(outputs * inputs)
    var scratch = Guarded(linearWorkspaceCount)
    scratch.withPointer { workspace in
      surrounded(dy) { dy in
        dx.withPointer { output in
          surrounded(w) { w in
            set.rowCombination(
              RowCombinationArguments(
                coefficients: dy, coefficientRowStride: outputs, coefficientTermStride: 1,
                vectors: w, output: output, rows: rows, terms: outputs, width: inputs,
                workspace: workspace))
          }
        }
        dw.withPointer { output in
          surrounded(x) { x in
            set.rowCombination(
              RowCombinationArguments(
                coefficients: dy, coefficientRowStride: 1, coefficientTermStride: outputs,
                vectors: x, output: output, rows: outputs, terms: rows, width: inputs,
                workspace: workspace))
          }
        }
      }
    }
    #expect(scratch.isIntact)
    #expect(
      dx.values
        == naive(rows * inputs, outputs) { dy[$0 / inputs * outputs + $1] * w[$1 * inputs + $0 % inputs] })
    #expect(
      dw.values == naive(outputs * inputs, rows) { dy[$1 * outputs + $0 / inputs] * x[$1 * inputs + $0 % inputs] })
    #expect(dx.isIntact && dw.isIntact)
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
    #expect(run { a, _, y in set.activate(.rectifier, a, y, count) } == a.map { max($0, 0) })
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
}
