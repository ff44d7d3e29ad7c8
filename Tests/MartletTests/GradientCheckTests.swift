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

  static func softmax(_ layer: some Layer, _ shape: Shape, rows: Int) -> GradientCase {
    GradientCase(
      layer: layer, inputShape: shape, rows: rows, tolerance: 2e-6,
      reference: Reference.softmax(shape, rows: rows, isLogarithm: layer is LogSoftmax))
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
      .softmax(Softmax(), [10], rows: 3),
      .softmax(LogSoftmax(), [7], rows: 2),
      .softmax(LogSoftmax(), [3, 2, 2], rows: 2),
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

  @Test("the public check agrees with every layer and every loss", arguments: GradientCase.all)
  func publicCheck(testCase: GradientCase) throws {
    let check = try checkGradient(of: testCase.layer, inputShape: testCase.inputShape, rows: testCase.rows)
    #expect(check.isCorrect, "\(testCase.layer): \(check)")
    let parameters = testCase.layer.parameters(for: testCase.inputShape).reduce(0) { $0 + $1.shape.count }
    #expect(check.checkedCount + check.undecidedCount == testCase.rows * testCase.inputShape.count + parameters)
  }

  @Test("the list of layers is whole")
  func listIsWhole() { #expect(GradientCase.all.count == 11) }

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

  @Test("the public check finds a wrong gradient, with its row, class and size")
  func findsWrongLosses() throws {
    let targets = try Targets.classIndices([0, 2, 1], classCount: 3)
    let logits: [Float] = [0.5, -1, 2, 0.25, 1, -0.5, 3, 0, -2]
    #expect(checkGradient(of: WrongAt(element: nil), logits: logits, targets: targets).isCorrect)
    let check = checkGradient(of: WrongAt(element: 1), logits: logits, targets: targets)
    let worst = try #require(check.worst)
    #expect(!check.isCorrect && worst.index % 3 == 1 && worst.error > 0.01)
    #expect("\(check)".hasPrefix("The gradient is wrong. logits, row \(worst.index / 3), class 1: the gradient says "))
    #expect(abs(Double(worst.found) - worst.expected - 0.05) < 1e-3)
  }

  /// Cross-entropy with a gradient that is 0.05 too large at one class.
  private struct WrongAt: Loss {
    let element: Int?
    func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
      let value = CrossEntropy().evaluate(logits: logits, target: target, gradient: &gradient)
      if let element { gradient[element] += 0.05 }
      return value
    }
  }

  @Test("the public check finds a gradient that is not written, and a layer's mistake by its parameter's name")
  func findsWrongLayers() throws {
    struct Unwritten: Loss {
      func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
        logits[0] + 2 * logits[1]
      }
    }
    let loss = checkGradient(of: Unwritten(), logits: [1, 2], targets: try .classIndices([0], classCount: 2))
    #expect(!loss.isCorrect && loss.worst?.error == .infinity)
    // A likelihood that forgets to write its zeros, in its second row and in its first.
    struct OnlyLabel: Loss {
      func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
        guard let label = target.classIndex else { return .nan }
        gradient[label] = -1
        return -logits[label]
      }
    }
    let forgetful = checkGradient(
      of: OnlyLabel(), logits: [1, 2, 3, 4], targets: try .classIndices([0, 0], classCount: 2))
    #expect(!forgetful.isCorrect && forgetful.worst?.error == .infinity)
    let layer = try checkGradient(of: Halved(), inputShape: [3])
    #expect(!layer.isCorrect && layer.worst?.quantity == "factor")
  }

  /// x·f with half the gradient of f.
  private struct Halved: Layer {
    func outputShape(for input: Shape) -> Shape { input }
    func parameters(for input: Shape) -> [ParameterSpecification] {
      [ParameterSpecification(name: "factor", shape: [1], initializer: .constant(0))]
    }
    func forward(_ pass: inout ForwardPass) {
      for index in pass.input.indices { pass.output[index] = pass.input[index] * pass.parameters[0] }
    }
    func backward(_ pass: inout BackwardPass) {
      for index in pass.input.indices { pass.inputGradient[index] = pass.outputGradient[index] * pass.parameters[0] }
    }
    func gradient(_ pass: inout GradientPass) {
      pass.gradient[0] = 0
      for index in pass.input.indices { pass.gradient[0] += pass.input[index] * pass.outputGradient[index] / 2 }
    }
  }

  @Test("a right gradient passes near its optimum too, where values tell little")
  func flat() throws {
    let source = RandomSource(seed: 9)
    for classes in [10, 100] {
      let logits = (0..<classes).map { (source.uniform(at: $0) - 0.5) / 100 }
      let uniform = try Targets.probabilities(
        Array(repeating: 1 / Float(classes), count: classes), classCount: classes)
      let check = checkGradient(of: CrossEntropy(), logits: logits, targets: uniform)
      #expect(check.isCorrect && check.undecidedCount == 0, "\(check)")
    }
  }

  @Test("a kink is left out and counted, and too many of them are no proof")
  func kinks() throws {
    let loss = FormulaLoss { logits, _ in abs(logits).sum() + (logits * logits).sum() }
    var logits: [Float] = (0..<20).map { Float($0) / 4 + 0.5 }
    logits[3] = 0
    let targets = try Targets.classIndices([0], classCount: 20)
    let one = checkGradient(of: loss, logits: logits, targets: targets)
    #expect(one.isCorrect && one.undecidedCount == 1 && one.checkedCount == 19)
    let all = checkGradient(of: loss, logits: Array(repeating: 0, count: 20), targets: targets)
    #expect(!all.isCorrect && all.undecidedCount == 20)
    #expect("\(all)".hasPrefix("Nothing is proved. 20 could not be checked: the value has a kink there"))
  }

  @Test("every built-in loss passes the public check", arguments: BuiltInLoss.all)
  func losses(entry: BuiltInLoss) throws {
    let logits: [Float] = [0.5, -1, 2, 0.25, 1, -0.5, 3, 0, -2, -3.5, 1.5, 0.75]
    let check = checkGradient(of: entry.loss, logits: logits, targets: try entry.targets())
    #expect(check.isCorrect, "\(entry.loss): \(check)")
  }
}

/// Every loss, with targets of each kind that it takes.
struct BuiltInLoss: Sendable, CustomTestStringConvertible {
  let loss: any Loss
  let encoding: Targets.Encoding

  var testDescription: String { "\(loss), \(encoding)" }

  func targets() throws -> Targets {
    let (indices, rows) = ([2, 0, 1], [0.5, 0.25, 0, 0.25, 0.125, 0.5, 0.25, 0.125, 0, 0, 1, 0] as [Float])
    return switch encoding {
    case .classIndices: try .classIndices(indices, classCount: 4)
    case .probabilities: try .probabilities(rows, classCount: 4)
    case .independentProbabilities: try .independentProbabilities(rows.map { 1 - $0 }, labelCount: 4)
    case .labelledProbabilities: try .labelledProbabilities(indices, rows, classCount: 4)
    }
  }

  static let all: [BuiltInLoss] =
    ([
      CrossEntropy(classWeights: [1, 2, 0, 4], labelSmoothing: 0.2), NegativeLogLikelihood(classWeights: [1, 2, 3, 4]),
      KLDivergence(), KLDivergence(of: .logProbabilities), MeanSquaredError(), MeanSquaredError(appliesSoftmax: true),
      BinaryCrossEntropyWithLogits(positiveWeights: [1, 2, 3, 4], classWeights: [4, 3, 2, 1]),
      Distillation(temperature: 3, alpha: 0.5), Distillation(temperature: 0.5, alpha: 1),
      FocalLoss(gamma: 2, classWeights: [1, 2, 3, 4]), FocalLoss(gamma: 0.5), GeneralizedCrossEntropy(),
      SymmetricCrossEntropy(), Bootstrapping(beta: 0.8, prediction: .soft), Bootstrapping(beta: 0.8, prediction: .hard),
    ] as [any Loss]).flatMap { loss in
      Targets.Encoding.allCases.filter { loss.acceptedTargets.contains($0) }.map {
        BuiltInLoss(loss: loss, encoding: $0)
      }
    }
}
