import KernelCore
import Martlet
import MartletTestSupport
import Testing

@testable import Kernels

@Suite("Layer normalisation agrees with a naive one, and writes nothing else")
struct LayerNormKernelTests {
  private static func values(_ count: Int, _ name: String) -> [Float] {
    let source = RandomSource(seed: 41).stream(name)
    return (0..<count).map { source.uniform(at: $0) * 4 - 1 }
  }

  private static func isClose(_ found: [Float], _ expected: [Double]) -> Bool {
    zip(found, expected).allSatisfy { abs(Double($0) - $1) <= 1e-5 * max(1, abs($1)) }
  }

  @Test(
    "both ways and the scale's gradient, with and without scales and shifts", arguments: sets,
    [1, 3, 4, 7, 8, 9, 16, 19, 40])
  func runs(set: KernelSet, count: Int) {
    let (x, g) = (Self.values(count, "x"), Self.values(count, "g"))
    let (scales, shifts) = (Self.values(count, "scales"), Self.values(count, "shifts"))
    let (mean, inverse): (Float, Float) = (0.75, 1.5)
    let normalized = x.map { (Double($0) - 0.75) * 1.5 }
    for (hasScale, hasShift) in [(true, true), (true, false), (false, true), (false, false)] {
      var (output, gradient, sum) = (Guarded(count), Guarded(count), Guarded(count))
      surrounded(x) { x in
        surrounded(g) { g in
          surrounded(scales) { scales in
            surrounded(shifts) { shifts in
              output.withPointer {
                set.layerNormForward(x, count, mean, inverse, hasScale ? scales : nil, hasShift ? shifts : nil, $0)
              }
              gradient.withPointer {
                set.layerNormBackward(g, x, count, mean, inverse, hasScale ? scales : nil, $0)
              }
            }
          }
          sum.withPointer {
            $0.update(repeating: 2, count: count)
            set.layerNormAddScaleGradient(g, x, count, mean, inverse, $0)
          }
        }
      }
      #expect(output.isIntact && gradient.isIntact && sum.isIntact)
      let expected = normalized.indices.map {
        normalized[$0] * (hasScale ? Double(scales[$0]) : 1) + (hasShift ? Double(shifts[$0]) : 0)
      }
      #expect(Self.isClose(output.values, expected))
      let scaled = g.indices.map { Double(g[$0]) * (hasScale ? Double(scales[$0]) : 1) }
      let plain = scaled.reduce(0, +) / Double(count)
      let weighted = zip(scaled, normalized).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
      #expect(
        Self.isClose(gradient.values, scaled.indices.map { 1.5 * (scaled[$0] - plain - normalized[$0] * weighted) }))
      #expect(Self.isClose(sum.values, g.indices.map { 2 + Double(g[$0]) * normalized[$0] }))
    }
  }
}
