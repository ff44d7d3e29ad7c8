// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Martlet

/// Compares a gradient with central differences, taken in double precision over a reference of the same function. The public
/// `checkGradient` needs no reference, and so sees a thousand times less: it compares with values in single precision.
public struct GradientChecker: Sendable {
  /// The largest error allowed, relative to the largest gradient element.
  public let tolerance: Double
  /// The step of the differences.
  public let step: Double

  public init(tolerance: Double, step: Double = 1e-5) {
    self.tolerance = tolerance
    self.step = step
  }

  /// Where the worst element is, and by how much it is off.
  public struct Finding: CustomStringConvertible, Sendable {
    public let element: Int
    public let found: Double
    public let expected: Double
    public let error: Double
    public let isAcceptable: Bool
    public var description: String { "element \(element): \(found) instead of \(expected), relative error \(error)" }
  }

  /// Checks `gradient`, which should be the derivative of `function` at `point`.
  public func check(_ gradient: [Float], of function: ([Double]) -> Double, at point: [Double]) -> Finding {
    var expected: [Double] = []
    for index in point.indices {
      var above = point
      var below = point
      above[index] += step
      below[index] -= step
      expected.append((function(above) - function(below)) / (above[index] - below[index]))
    }
    precondition(gradient.count == expected.count)
    let scale = max(expected.map(abs).max() ?? 0, 1e-12)
    var worst = Finding(element: 0, found: 0, expected: 0, error: 0, isAcceptable: true)
    for (index, (found, wanted)) in zip(gradient, expected).enumerated() {
      let difference = abs(Double(found) - wanted) / scale
      let error = difference.isNaN ? .infinity : difference
      if error > worst.error {
        worst = Finding(
          element: index, found: Double(found), expected: wanted, error: error, isAcceptable: error <= tolerance)
      }
    }
    return worst
  }

  /// Checks all gradients of a layer: for a random output gradient c, those of Σ c·forward.
  public func check(
    _ layer: any Layer, inputShape: Shape, rows: Int, input: [Float], reference: Reference.Forward, seed: UInt64
  ) throws -> [(name: String, finding: Finding)] {
    let runner = try LayerRunner(layer, inputShape: inputShape, rows: rows)
    let source = RandomSource(seed: seed)
    func random(_ count: Int, _ name: String) -> [Float] {
      (0..<count).map { source.stream(name).uniform(at: $0) * 2 - 1 }
    }
    let parameters = random(runner.specifications.reduce(0) { $0 + $1.shape.count }, "parameters")
    let coefficients = random(rows * runner.outputShape.count, "coefficients")
    func weighted(_ output: [Double]) -> Double { zip(output, coefficients).reduce(0) { $0 + $1.0 * Double($1.1) } }
    let (wideInput, wideParameters) = (input.map(Double.init), parameters.map(Double.init))

    var findings = [
      (
        name: "input",
        finding: check(
          runner.backward(input: input, parameters: parameters, outputGradient: coefficients),
          of: { weighted(reference($0, wideParameters)) }, at: wideInput)
      )
    ]
    var offset = 0
    for (index, specification) in runner.specifications.enumerated() {
      let range = offset..<offset + specification.shape.count
      findings.append(
        (
          name: specification.name,
          finding: check(
            runner.gradient(ofParameter: index, input: input, parameters: parameters, outputGradient: coefficients),
            of: { part in
              var all = wideParameters
              all.replaceSubrange(range, with: part)
              return weighted(reference(wideInput, all))
            }, at: Array(wideParameters[range]))
        ))
      offset = range.upperBound
    }
    return findings
  }
}
