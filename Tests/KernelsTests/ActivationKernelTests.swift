import Foundation
import KernelCore
import Martlet
import MartletTestSupport
import Testing

@testable import Kernels

/// An activation in double precision, and how far single precision may be off.
struct ActivationCase: Sendable, CustomTestStringConvertible {
  let activation: Activation
  /// Relative to the value itself.
  var valueTolerance = 1e-6
  /// Relative to the slope, where that is not near a zero of its own.
  var slopeTolerance = 1e-6
  /// What may be off beside that: slopes that pass through 0 keep this much, and results that are hardly floats are flushed to 0.
  var slopeSlack = 1e-35
  let value: @Sendable (Double) -> Double
  let slope: @Sendable (Double) -> Double

  var testDescription: String { "\(activation)" }

  private static func normal(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
  private static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
  private static func sigmoid(_ x: Double) -> Double {
    x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
  }
  private static func inner(_ x: Double) -> Double { (8 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x) }
  private static func softplus(_ u: Double) -> Double { max(u, 0) + log1p(exp(-abs(u))) }

  static let all = [
    ActivationCase(activation: .identity, value: { $0 }, slope: { _ in 1 }),
    ActivationCase(activation: .rectifier, value: { max($0, 0) }, slope: { $0 > 0 ? 1 : 0 }),
    ActivationCase(
      activation: .leakyRectifier(negativeSlope: 0.01), value: { $0 > 0 ? $0 : Double(Float(0.01)) * $0 },
      slope: { $0 > 0 ? 1 : Double(Float(0.01)) }),
    ActivationCase(
      activation: .gaussianErrorLinear, slopeSlack: 3e-7, value: { $0 * normal($0) },
      slope: { normal($0) + $0 * density($0) }),
    // The argument of the exponential is a rounded cube: far below 0, digits are lost as in any formula of single precision.
    ActivationCase(
      activation: .gaussianErrorLinearByTangent, valueTolerance: 2e-5, slopeTolerance: 2e-5, slopeSlack: 4e-7,
      value: { $0 * sigmoid(inner($0)) },
      slope: {
        let s = sigmoid(inner($0))
        return s + $0 * s * sigmoid(-inner($0)) * (8 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * $0 * $0)
      }),
    ActivationCase(
      activation: .sigmoidLinear, slopeSlack: 2e-7, value: { $0 * sigmoid($0) },
      slope: { sigmoid($0) * (1 + $0 * sigmoid(-$0)) }),
    ActivationCase(
      activation: .hyperbolicTangent, value: { tanh($0) }, slope: { 4 * sigmoid(2 * $0) * sigmoid(-2 * $0) }),
    ActivationCase(activation: .logisticSigmoid, value: sigmoid, slope: { sigmoid($0) * sigmoid(-$0) }),
    ActivationCase(
      activation: .softplus(beta: 1, threshold: 20), value: { $0 > 20 ? $0 : softplus($0) },
      slope: { $0 > 20 ? 1 : sigmoid($0) }),
    // β·x is rounded before the exponential is taken of it.
    ActivationCase(
      activation: .softplus(beta: 3.5, threshold: 2), valueTolerance: 5e-6, slopeTolerance: 5e-6,
      value: { $0 * 3.5 > 2 ? $0 : softplus(3.5 * $0) / 3.5 },
      slope: { $0 * 3.5 > 2 ? 1 : sigmoid(3.5 * $0) }),
    ActivationCase(
      activation: .scaling(factor: -0.125), value: { -0.125 * $0 }, slope: { _ in -0.125 }),
  ]
}

@Suite("Activations")
struct ActivationKernelTests {
  private static func run(_ set: KernelSet, _ activation: Activation, _ x: [Float]) -> (
    values: [Float], slopes: [Float]
  ) {
    let count = x.count
    var (values, slopes) = (Guarded(count), Guarded(count))
    surrounded(x) { x in
      values.withPointer { set.activate(activation, x, $0, count) }
      surrounded(Array(repeating: 1, count: count)) { ones in
        slopes.withPointer { set.activateGradient(activation, x, ones, $0, count) }
      }
    }
    #expect(values.isIntact && slopes.isIntact)
    return (values.values, slopes.values)
  }

  /// The largest error, relative to the value, of what is left above `slack`.
  private static func worst(
    _ found: [Float], _ x: [Float], slack: Double, _ function: (Double) -> Double
  ) -> (error: Double, x: Float) {
    var worst = (error: 0.0, x: Float(0))
    for (found, x) in zip(found, x) {
      let expected = function(Double(x))
      let difference = max(0, abs(Double(found) - expected) - slack)
      let error = difference == 0 ? 0 : difference / abs(expected)
      if !(error <= worst.error) { worst = (error, x) }
    }
    return worst
  }

  @Test("values and slopes on a dense range, against double precision", arguments: sets, ActivationCase.all)
  func dense(set: KernelSet, activation: ActivationCase) {
    // Steps that are no round numbers, up to where all functions are constant or straight; then every power of two.
    var x = (-60_000...60_000).map { Float($0) * 0.001_731 }
    x += (-149...13).flatMap {
      [Float(sign: .plus, exponent: $0, significand: 1.25), -Float(sign: .plus, exponent: $0, significand: 1.25)]
    }
    let (values, slopes) = Self.run(set, activation.activation, x)
    let value = Self.worst(values, x, slack: 1e-35, activation.value)
    let slope = Self.worst(slopes, x, slack: activation.slopeSlack, activation.slope)
    #expect(value.error <= activation.valueTolerance, "\(value)")
    #expect(slope.error <= activation.slopeTolerance, "\(slope)")
  }

  @Test("an element's bits do not depend on its place, nor on what is beside it", arguments: sets, ActivationCase.all)
  func places(set: KernelSet, activation: ActivationCase) {
    let source = RandomSource(seed: 3)
    let x = (0..<67).map { source.uniform(at: $0) * 12 - 6 }
    let whole = Self.run(set, activation.activation, x)
    for start in 0..<34 {
      for count in [1, 2, 3, 5, 7, 9, 15, 17, 33] {
        let part = Self.run(set, activation.activation, Array(x[start..<start + count]))
        #expect(part.values.map(\.bitPattern) == whole.values[start..<start + count].map(\.bitPattern))
        #expect(part.slopes.map(\.bitPattern) == whole.slopes[start..<start + count].map(\.bitPattern))
      }
    }
  }

  @Test("in place", arguments: sets, ActivationCase.all)
  func inPlace(set: KernelSet, activation: ActivationCase) {
    let x = (0..<29).map { Float($0) / 4 - 3 }
    let (values, slopes) = Self.run(set, activation.activation, x)
    var (output, gradient) = (x, x)
    output.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      set.activate(activation.activation, start, start, 29)
    }
    gradient.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      surrounded(x) { set.activateGradient(activation.activation, $0, start, start, 29) }
    }
    #expect(output == values)
    #expect(zip(gradient, zip(slopes, x)).allSatisfy { abs($0 - $1.0 * $1.1) <= 1e-6 })
  }

  @Test("a NaN stays a NaN, and infinities have the limits", arguments: sets, ActivationCase.all)
  func extremes(set: KernelSet, activation: ActivationCase) {
    for place in [0, 3, 10] {
      var x = [Float](repeating: 0.5, count: 11)
      for (special, limits) in [
        Float.nan: nil, .infinity: Self.limits(activation.activation, isAbove: true),
        -.infinity: Self.limits(activation.activation, isAbove: false),
      ] {
        x[place] = special
        let (values, slopes) = Self.run(set, activation.activation, x)
        for index in x.indices where index != place { #expect(values[index].isFinite && slopes[index].isFinite) }
        if let limits {
          #expect(values[place] == limits.value && slopes[place] == limits.slope, "\(special)")
        } else {
          #expect(values[place].isNaN)
        }
      }
    }
  }

  /// Value and slope at ±∞.
  private static func limits(_ activation: Activation, isAbove: Bool) -> (value: Float, slope: Float) {
    switch activation {
    case .identity: (isAbove ? .infinity : -.infinity, 1)
    case .leakyRectifier(let slope): isAbove ? (.infinity, 1) : (-.infinity, slope)
    case .hyperbolicTangent: (isAbove ? 1 : -1, 0)
    case .logisticSigmoid: (isAbove ? 1 : 0, 0)
    case .scaling(let factor): (isAbove == (factor > 0) ? .infinity : -.infinity, factor)
    case .rectifier, .gaussianErrorLinear, .gaussianErrorLinearByTangent, .sigmoidLinear, .softplus:
      isAbove ? (.infinity, 1) : (0, 0)
    }
  }
}
