import Foundation
import Martlet
import MartletTestSupport
import Testing

/// One batch of logits and targets under one loss, and what PyTorch makes of it.
struct LossFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Options: Decodable, Sendable {
    let classWeights: Numbers?
    let positiveWeights: Numbers?
    let labelSmoothing: Float?
    let denominator: String?
    let input: String?
    let mean: String?
    let appliesSoftmax: Bool?
    let temperature: Float?
    let alpha: Float?
    let scalesByTemperatureSquared: Bool?
    let gamma: Float?
    let q: Float?
    let beta: Float?
    let logZero: Float?
    let prediction: String?
    let detachesPrediction: Bool?
  }

  struct Unknown: Error { let name: String }

  let loss: String
  let options: Options
  let encoding: String
  let reduction: String
  let rows: Int
  let classes: Int
  let positions: [Int]
  let ignoreIndex: Int?
  let ignored: [Int]?
  let logits: Numbers
  let targets: Numbers
  let labels: Numbers?
  /// The rows' values with the reduction `none`; otherwise one number.
  let values: Numbers
  /// With the reduction `none`, the gradient of the rows' values: `gradient` is then that of Σ upstream · value.
  let upstream: Numbers?
  let gradient: Numbers

  var testDescription: String {
    "\(loss), \(encoding), \(reduction), (\(rows), \(classes)) at \(positions), \(options.description)"
      + (ignoreIndex.map { ", ignoring \($0)" } ?? "") + (ignored == nil ? "" : ", with ignored rows")
  }

  static let all: [LossFixture] = (try? Fixture.load("losses.json", from: .module)) ?? []

  func makeTargets() throws -> Targets {
    let shape = Shape(positions)
    let targets: Targets =
      switch encoding {
      case "classIndices":
        try .classIndices(targets.integers, classCount: classes, positions: shape, ignoreIndex: ignoreIndex)
      case "probabilities": try .probabilities(targets.floats, classCount: classes, positions: shape)
      case "logProbabilities": try .logProbabilities(targets.floats, classCount: classes, positions: shape)
      case "independentProbabilities":
        try .independentProbabilities(targets.floats, labelCount: classes, positions: shape)
      case "labelledProbabilities":
        try .labelledProbabilities(labels?.integers ?? [], targets.floats, classCount: classes, positions: shape)
      default: throw Unknown(name: encoding)
      }
    return targets.ignoring(ignored ?? [])
  }

  func makeLoss() throws -> any Loss {
    let weights = options.classWeights?.floats
    let denominator = try #require(MeanDenominator(rawValue: options.denominator ?? "matching-pytorch"))
    switch loss {
    case "cross-entropy":
      return CrossEntropy(
        classWeights: weights, labelSmoothing: options.labelSmoothing ?? 0, denominator: denominator)
    case "negative-log-likelihood": return NegativeLogLikelihood(classWeights: weights, denominator: denominator)
    case "kl-divergence":
      return KLDivergence(
        of: try #require(KLDivergence.Input(rawValue: options.input ?? "")),
        mean: try #require(KLDivergence.Mean(rawValue: options.mean ?? "batch-mean")))
    case "binary-cross-entropy":
      return BinaryCrossEntropyWithLogits(positiveWeights: options.positiveWeights?.floats, classWeights: weights)
    case "mean-squared-error": return MeanSquaredError(appliesSoftmax: options.appliesSoftmax ?? false)
    case "distillation":
      return Distillation(
        temperature: try #require(options.temperature), alpha: try #require(options.alpha),
        scalesByTemperatureSquared: options.scalesByTemperatureSquared ?? false)
    case "focal": return FocalLoss(gamma: try #require(options.gamma), classWeights: weights)
    case "generalized-cross-entropy": return GeneralizedCrossEntropy(q: try #require(options.q))
    case "symmetric-cross-entropy":
      return SymmetricCrossEntropy(
        alpha: try #require(options.alpha), beta: try #require(options.beta), logZero: try #require(options.logZero))
    case "bootstrapping":
      return Bootstrapping(
        beta: try #require(options.beta),
        prediction: try #require(Bootstrapping.Prediction(rawValue: options.prediction ?? "")),
        detachesPrediction: options.detachesPrediction ?? false)
    default: throw Unknown(name: loss)
    }
  }

  /// The largest error of a row's value, each relative to itself; and the gradient's, relative to its largest element.
  func errors(_ found: LossValues) throws -> (value: Double, gradient: Double) {
    switch reduction {
    case "none":
      let upstream = try #require(upstream).floats
      // (rows, classes, positions): each row's gradient, times what comes from above.
      let positionCount = Shape(positions).count
      let gradient = found.rowGradients.enumerated().map { index, element in
        element * upstream[index / (classes * positionCount) * positionCount + index % positionCount]
      }
      let worst = zip(found.rows, values.doubles).map { Self.relative(Double($0), $1) }.max() ?? .infinity
      return (
        found.rows.count == values.doubles.count ? worst : .infinity, relativeError(gradient, self.gradient.doubles)
      )
    case "sum", "mean":
      let reduction = try #require(Reduction(rawValue: reduction))
      return (
        Self.relative(found.value(reduction), values.doubles[0]),
        relativeError(found.gradient(reduction), gradient.doubles)
      )
    default: throw Unknown(name: reduction)
    }
  }

  private static func relative(_ found: Double, _ expected: Double) -> Double {
    if found == expected || found.isNaN && expected.isNaN { return 0 }
    let error = abs(found - expected) / abs(expected)
    return error.isNaN ? .infinity : error
  }
}

extension LossFixture.Options: CustomStringConvertible {
  var description: String {
    Mirror(reflecting: self).children.compactMap { child in
      let text = "\(child.value)"
      guard text != "nil", let label = child.label else { return nil }
      if let numbers = child.value as? Numbers { return "\(label): \(numbers.floats)" }
      return "\(label): \(text.replacingOccurrences(of: "Optional", with: ""))"
    }.joined(separator: ", ")
  }
}
