import Martlet
import MartletTestSupport
import Testing

/// One layer, a reference of it, its own tolerance, and inputs that keep clear of its kinks.
struct GradientCase: Sendable, CustomTestStringConvertible {
  let layer: any Layer
  let inputShape: Shape
  let rows: Int
  let tolerance: Double
  let reference: Reference.Forward
  /// Whether the function has kinks: inputs are then far apart from each other and from 0.
  var hasKinks = false

  var testDescription: String { "\(layer) on \(inputShape), \(rows) rows" }

  var input: [Float] {
    let source = RandomSource(seed: 6).stream("input")
    let count = rows * inputShape.count
    guard hasKinks else { return (0..<count).map { source.uniform(at: $0) * 2 - 1 } }
    return source.permutation(of: count).map { (Float($0) - Float(count) / 2 + 0.25) / 8 }
  }

  static func convolution(_ layer: Conv2d, _ shape: Shape, rows: Int) throws -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape, rows: rows, tolerance: 2e-6,
      reference: try Reference.convolution(layer, inputShape: shape, rows: rows))
  }

  static func linear(_ layer: Linear, rows: Int) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: [layer.inputFeatures], rows: rows, tolerance: 2e-6,
      reference: Reference.linear(layer, rows: rows))
  }

  static func pool(_ layer: MaxPool2d, _ shape: Shape, rows: Int) throws -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape, rows: rows, tolerance: 1e-6,
      reference: try Reference.maxPool(layer, inputShape: shape, rows: rows), hasKinks: true)
  }

  static let all: [GradientCase] =
    (try? [
      .convolution(Conv2d(3, 6, kernelSize: 5), [3, 8, 11], rows: 2),
      .convolution(Conv2d(2, 3, kernelSize: 3, stride: 2, padding: 1), [2, 7, 6], rows: 3),
      .convolution(
        Conv2d(
          1, 2, kernelSize: Size2d(height: 2, width: 4), stride: Size2d(height: 1, width: 3),
          padding: Size2d(height: 0, width: 2), dilation: Size2d(height: 2, width: 1), bias: false),
        [1, 5, 9], rows: 2),
      .linear(Linear(13, 7), rows: 5),
      .linear(Linear(24, 3, bias: false), rows: 2),
      .pool(MaxPool2d(2), [2, 5, 6], rows: 2),
      .pool(MaxPool2d(3, stride: 2, padding: 1), [1, 7, 8], rows: 2),
      GradientCase(
        layer: ReLU(), inputShape: [3, 4], rows: 2, tolerance: 1e-6, reference: Reference.relu(), hasKinks: true),
    ]) ?? []
}

@Suite("Gradients agree with central differences in double precision")
struct GradientCheckTests {
  @Test("layers", arguments: GradientCase.all)
  func layers(testCase: GradientCase) throws {
    let findings = try GradientChecker(tolerance: testCase.tolerance).check(
      testCase.layer, inputShape: testCase.inputShape, rows: testCase.rows, input: testCase.input,
      reference: testCase.reference, seed: 3)
    #expect(findings.count == 1 + testCase.layer.parameters(for: testCase.inputShape).count)
    for (name, finding) in findings { #expect(finding.isAcceptable, "\(name): \(finding)") }
  }

  @Test("the list of layers is whole")
  func listIsWhole() { #expect(GradientCase.all.count == 8) }

  @Test("cross-entropy, on indices and on distributions", arguments: [0, 0.1, 1] as [Float], [2, 10, 37])
  func crossEntropy(smoothing: Float, classes: Int) throws {
    let source = RandomSource(seed: 8)
    let logits = (0..<classes).map { source.uniform(at: $0) * 8 - 4 }
    let raw = (0..<classes).map { source.stream("soft").uniform(at: $0) + 0.01 }
    let soft = raw.map { $0 / raw.reduce(0, +) }
    for targets in [
      try Targets.classIndices([classes - 1], classCount: classes),
      try Targets.probabilities(soft, classCount: classes),
    ] {
      let distribution = targets.distribution(at: 0).map(Double.init)
      let found = evaluate(CrossEntropy(labelSmoothing: smoothing), logits: logits, targets: targets)
      let reference = { (point: [Double]) in
        Reference.crossEntropy(logits: point, distribution: distribution, smoothing: Double(smoothing))
      }
      #expect(abs(found.loss - reference(logits.map(Double.init))) < 1e-5)
      let finding = GradientChecker(tolerance: 2e-6).check(
        found.gradient, of: reference, at: logits.map(Double.init))
      #expect(finding.isAcceptable, "\(finding)")
    }
  }

  @Test("a wrong gradient is found, with its element")
  func findsMistakes() {
    let finding = GradientChecker(tolerance: 1e-6).check(
      [2, 4.1], of: { $0[0] * $0[0] + $0[1] * $0[1] }, at: [1, 2])
    #expect(!finding.isAcceptable && finding.element == 1)
    let hole = GradientChecker(tolerance: 1e-6).check(
      [.nan, 4], of: { $0[0] * $0[0] + $0[1] * $0[1] }, at: [1, 2])
    #expect(!hole.isAcceptable && hole.element == 0)
  }
}
