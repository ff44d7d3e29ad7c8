import Foundation
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletTraining

/// Reference values by SciPy and scikit-learn.
private struct MeasureFixtures: Decodable, Sendable {
  struct Predictions: Decodable, Sendable {
    let classes: Int
    let logits: Numbers
    let labels: [Int]
    let distributions: Numbers
    let accuracy, loss, brierScore, equalWidth, maximum, equalMass, maximumMass, trueCrossEntropy,
      trueDivergence: Double
    let top: [Double]
    let confusion: [[Int]]
  }

  let predictions: [Predictions]
  /// The best temperature for each of the predictions.
  let temperatures: [Double]

  static func load() throws -> MeasureFixtures { try Fixture.load("measures.json", from: .module) }
}

private func near(_ found: Double?, _ expected: Double, relative: Double = 1e-6) -> Bool {
  guard let found else { return false }
  return abs(found - expected) <= relative * max(abs(expected), 1e-12)
}

@Suite("Measures agree with SciPy and scikit-learn")
struct MeasureFixtureTests {
  @Test("accuracy, top-k, likelihood, Brier score, confusion, calibration and distance to the truth, to 1e-6")
  func predictions() throws {
    let fixtures = try MeasureFixtures.load().predictions
    #expect(fixtures.count == 4)
    for fixture in fixtures {
      var measures = Evaluation.Measures(classCount: fixture.classes)
      let (logits, distributions) = (fixture.logits.floats, fixture.distributions.floats)
      for (row, label) in fixture.labels.enumerated() {
        let range = row * fixture.classes..<(row + 1) * fixture.classes
        measures.add(logits.span.extracting(range), label: label, distribution: Array(distributions[range]))
      }
      let found = measures.evaluation
      #expect(near(found.accuracy, fixture.accuracy) && near(found.loss, fixture.loss))
      #expect(near(found.brierScore, fixture.brierScore))
      #expect((1...3).allSatisfy { near(found.topAccuracy($0), fixture.top[$0 - 1]) })
      #expect(found.confusionMatrix == fixture.confusion)
      #expect(near(found.calibrationError, fixture.equalWidth))
      #expect(near(found.calibration(.equalWidth).maximumError, fixture.maximum))
      #expect(near(found.calibration(.equalMass).expectedError, fixture.equalMass))
      #expect(near(found.calibration(.equalMass).maximumError, fixture.maximumMass))
      #expect(near(found.trueCrossEntropy, fixture.trueCrossEntropy))
      #expect(near(found.trueDivergence, fixture.trueDivergence))
    }
  }

  @Test("the best temperature, to 1e-6")
  func temperatures() throws {
    let fixtures = try MeasureFixtures.load()
    for (fixture, expected) in zip(fixtures.predictions, fixtures.temperatures) {
      let floats = fixture.logits.floats
      let rows = fixture.labels.indices.map { Array(floats[$0 * fixture.classes..<($0 + 1) * fixture.classes]) }
      let found = TemperatureScaling(logits: rows, labels: fixture.labels).temperature
      #expect(near(found, expected), "\(found), not \(expected)")
    }
  }
}

@Suite("Measures")
struct MeasureTests {
  private func evaluation(_ rows: [([Float], Int)], truth: [Float]? = nil) -> Evaluation {
    var measures = Evaluation.Measures(classCount: rows[0].0.count)
    for (logits, label) in rows { measures.add(logits.span, label: label, distribution: truth) }
    return measures.evaluation
  }

  @Test("of several largest logits the first is the prediction, and the others are misses in that order")
  func ties() {
    let found = evaluation([([1, 1, 1], 0), ([1, 1, 1], 1), ([1, 1, 1], 2)])
    #expect(found.predictions == [0, 0, 0] && found.ranks == [0, 1, 2] && found.hits == 1)
    #expect(found.topAccuracy(2) == 2.0 / 3 && found.topAccuracy(3) == 1)
    #expect(found.confusionMatrix == [[1, 0, 0], [1, 0, 0], [1, 0, 0]])
  }

  @Test("an image whose logits are NaN is a miss at any rank, and in no column of the confusion matrix")
  func notANumber() {
    let found = evaluation([([.nan, 0], 0), ([2, 0], 0)])
    #expect(
      found.predictions == [-1, 0] && found.topAccuracy(2) == 0.5 && found.confusionMatrix == [[1, 0], [0, 0]])
    #expect(found.brierScore.isNaN && found.calibrationError.isNaN && found.calibration(.equalMass).maximumError.isNaN)
  }

  @Test("distance to the truth is there only if every image's is known, and 0 for a network that says it")
  func truth() {
    #expect(evaluation([([0, 0], 0)]).trueDivergence == nil)
    let exact = evaluation([([0, 0], 0), ([3, 3], 1)], truth: [0.5, 0.5])
    #expect(abs(exact.trueDivergence ?? 1) < 1e-12 && abs((exact.trueCrossEntropy ?? 0) - log(2)) < 1e-12)
    var partly = Evaluation.Measures(classCount: 2)
    partly.add(([0, 0] as [Float]).span, label: 0, distribution: [0.5, 0.5])
    partly.add(([0, 0] as [Float]).span, label: 0)
    #expect(partly.evaluation.trueCrossEntropy == nil)
  }

  @Test("bins of equal mass differ by one image at most")
  func edges() {
    let calibration = Calibration(
      confidences: (0..<17).map { Double($0) / 17 }, isHit: Array(repeating: true, count: 17), binning: .equalMass,
      binCount: 5)
    #expect(calibration.bins.map(\.count) == [4, 4, 3, 3, 3])
    // A confidence on a border belongs to the bin below it.
    let border = Calibration(confidences: [0.5, 1], isHit: [true, true], binning: .equalWidth, binCount: 2)
    #expect(border.bins.map(\.count) == [1, 1])
    // NaN comes first, and leaves the others in order.
    let mixed = Calibration(
      confidences: [0.9, .nan, 0.1, 0.5], isHit: [true, true, true, true], binning: .equalMass, binCount: 4)
    #expect(mixed.bins[0].confidence.isNaN && mixed.bins.dropFirst().map(\.confidence) == [0.1, 0.5, 0.9])
    let few = Calibration(confidences: [0.5], isHit: [true], binning: .equalMass)
    #expect(few.expectedError == 0.5 && few.bins.count == 15)
  }
}
