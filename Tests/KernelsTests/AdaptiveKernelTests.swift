import KernelCore
import Martlet
import Testing

@testable import Kernels

/// Memory for one kernel call that starts with `values`, between guard zones.
private func guarded(_ values: [Float]) -> Guarded {
  var memory = Guarded(values.count)
  memory.withPointer { target in for (index, value) in values.enumerated() { target[index] = value } }
  return memory
}

private func agree(_ found: [Float], _ expected: [Double]) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { abs(Double($0) - $1) <= 1e-6 * max(1, abs($1)) }
}

@Suite("Kernels of averages, limits and adaptive optimizers agree with naive ones, and write nothing else")
struct AdaptiveKernelTests {
  private static let counts = [1, 3, 8, 17, 100]

  @Test("blending, from either end", arguments: sets, counts)
  func blend(set: KernelSet, count: Int) {
    let (values, start) = (integers(count, "values"), integers(count, "start"))
    for share: Float in [0, 0.125, 0.5, 0.75, 1] {
      var target = guarded(start)
      surrounded(values) { values in target.withPointer { set.blend(values, share, $0, count) } }
      // All of these shares are exact.
      #expect(target.values == zip(start, values).map { $0 * (1 - share) + $1 * share } && target.isIntact)
    }
    // Neither end is touched by rounding.
    let odd = values.map { $0 * 0.1 + 1e8 }
    var target = guarded(start.map { $0 * 0.7 })
    surrounded(odd) { odd in target.withPointer { set.blend(odd, 1, $0, count) } }
    #expect(target.values == odd)
  }

  @Test("limits, which a NaN survives", arguments: sets, counts)
  func clamp(set: KernelSet, count: Int) {
    var values = integers(count, "values")
    values[count / 2] = .nan
    var memory = guarded(values + [.infinity, -.infinity])
    memory.withPointer { set.clamp($0, 1.5, count + 2) }
    let found = memory.values
    for (index, value) in values.enumerated() {
      #expect(index == count / 2 ? found[index].isNaN : found[index] == min(1.5, max(-1.5, value)))
    }
    #expect(found.suffix(2) == [1.5, -1.5] && memory.isIntact)
  }

  @Test("Adam with decay in the gradient", arguments: sets, counts)
  func adam(set: KernelSet, count: Int) { for usesMaxima in [false, true] { adam(set, count, usesMaxima) } }

  private func adam(_ set: KernelSet, _ count: Int, _ usesMaxima: Bool) {
    let (start, gradient) = (integers(count, "parameters"), integers(count, "gradient"))
    let (averages, squares) = (integers(count, "averages"), integers(count, "squares").map { $0 * $0 })
    let maxima = integers(count, "maxima").map { $0 * $0 }
    var (found, first, second, third) = (guarded(start), guarded(averages), guarded(squares), guarded(maxima))
    surrounded(gradient) { gradient in
      found.withPointer { parameters in
        first.withPointer { averages in
          second.withPointer { squares in
            third.withPointer { maxima in
              set.coupledAdam(
                AdamArguments(
                  kept: 1, beta1: 0.75, beta2: 0.5, stepSize: 0.25, rootCorrection: 0.5, epsilon: 0.125,
                  parameters: parameters, gradient: gradient, averages: averages, squares: squares, count: count),
                0.5, usesMaxima ? maxima : nil)
            }
          }
        }
      }
    }
    var expected: [[Double]] = [[], [], [], []]
    for index in 0..<count {
      let slope = Double(gradient[index]) + 0.5 * Double(start[index])
      let average = 0.75 * Double(averages[index]) + 0.25 * slope
      let square = 0.5 * Double(squares[index]) + 0.5 * slope * slope
      let maximum = max(square, Double(maxima[index]))
      let root = (usesMaxima ? maximum : square).squareRoot() / 0.5 + 0.125
      let row = [
        Double(start[index]) - 0.25 * average / root, average, square, usesMaxima ? maximum : Double(maxima[index]),
      ]
      for (place, value) in row.enumerated() { expected[place].append(value) }
    }
    for (memory, expected) in zip([found, first, second, third], expected) {
      #expect(agree(memory.values, expected) && memory.isIntact)
    }
  }

  @Test("orthogonalised matrices, wide and tall", arguments: [(3, 9), (9, 3), (5, 5), (20, 33), (1, 4)])
  func orthogonalize(rows: Int, columns: Int) {
    let source = RandomSource(seed: 8)
    let matrix = (0..<rows * columns).map { source.uniform(at: $0) - 0.5 }
    var workspace = matrix
    workspace += Array(
      repeating: Float.nan,
      count: Kernel.orthogonalizationWorkspaceCount(rows: rows, columns: columns) - matrix.count)
    var span = workspace.mutableSpan
    Kernel.orthogonalize(
      rows: rows, columns: columns, coefficients: (3.4445, -4.7750, 2.0315), steps: 3, workspace: &span)
    // By the formula, without a transposition: X ← aX + X(bXᵀX + c(XᵀX)²).
    func product(_ a: [Double], _ b: [Double], _ n: Int, _ m: Int, _ k: Int) -> [Double] {
      (0..<n * k).map { place in (0..<m).reduce(0.0) { $0 + a[place / k * m + $1] * b[$1 * k + place % k] } }
    }
    let norm = matrix.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() + 1e-7
    var x = matrix.map { Double($0) / norm }
    for _ in 0..<3 {
      let transposed = (0..<rows * columns).map { x[$0 % rows * columns + $0 / rows] }
      let gram = product(transposed, x, columns, rows, columns)
      let square = product(gram, gram, columns, columns, columns)
      let change = product(x, zip(gram, square).map { -4.7750 * $0 + 2.0315 * $1 }, rows, columns, columns)
      x = zip(x, change).map { 3.4445 * $0 + $1 }
    }
    for (found, expected) in zip(workspace, x) { #expect(abs(Double(found) - expected) <= 1e-5) }
  }

  @Test("RMSprop", arguments: sets, counts)
  func rmsprop(set: KernelSet, count: Int) {
    for kind in [(false, false), (false, true), (true, false), (true, true)] { rmsprop(set, count, kind) }
  }

  private func rmsprop(_ set: KernelSet, _ count: Int, _ kind: (hasMomentum: Bool, isCentered: Bool)) {
    let (start, gradient) = (integers(count, "parameters"), integers(count, "gradient"))
    let (squares, velocity) = (integers(count, "squares").map { $0 * $0 + 4 }, integers(count, "velocity"))
    let averages = integers(count, "averages").map { $0 / 2 }
    var (found, first, second, third) = (guarded(start), guarded(squares), guarded(velocity), guarded(averages))
    surrounded(gradient) { gradient in
      found.withPointer { parameters in
        first.withPointer { squares in
          second.withPointer { velocity in
            third.withPointer { averages in
              set.rmsprop(
                RMSpropArguments(
                  learningRate: 0.25, alpha: 0.75, epsilon: 0.125, weightDecay: 0.5, momentum: 0.5,
                  parameters: parameters, gradient: gradient, squares: squares,
                  velocity: kind.hasMomentum ? velocity : nil, averages: kind.isCentered ? averages : nil,
                  count: count))
            }
          }
        }
      }
    }
    var expected: [[Double]] = [[], [], [], []]
    for index in 0..<count {
      let slope = Double(gradient[index]) + 0.5 * Double(start[index])
      let square = 0.75 * Double(squares[index]) + 0.25 * slope * slope
      let average = kind.isCentered ? 0.75 * Double(averages[index]) + 0.25 * slope : Double(averages[index])
      let direction = slope / ((square - (kind.isCentered ? average * average : 0)).squareRoot() + 0.125)
      let speed = kind.hasMomentum ? 0.5 * Double(velocity[index]) + direction : Double(velocity[index])
      let row = [
        Double(start[index]) - 0.25 * (kind.hasMomentum ? speed : direction), square, speed, average,
      ]
      for (place, value) in row.enumerated() { expected[place].append(value) }
    }
    for (memory, expected) in zip([found, first, second, third], expected) {
      #expect(agree(memory.values, expected) && memory.isIntact)
    }
  }
}
