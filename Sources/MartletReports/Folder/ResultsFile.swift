import Foundation
import MartletTraining

/// `results.json`: every number of a comparison, for programs.
///
/// NaN, infinity, and what is not there, are null.
struct ResultsFile: Encodable {
  /// A number that may not be one, or not be there: JSON has null for that.
  struct Number: Encodable {
    private let value: Double?

    init(_ value: Double?) { self.value = value.flatMap { $0.isFinite ? $0 : nil } }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(value)
    }
  }

  struct Arm: Encodable {
    let name: String
    let labels: String
    let settings: [String: String]
    /// For each measure, mean and standard deviation over the trials.
    let summary: [String: Statistics]
    /// For each measure, the difference from the first arm; nil for the first.
    let difference: [String: Difference]?
    let mcNemar: McNemar?
    let trials: [TrialNumbers]
  }

  struct Statistics: Encodable {
    let count: Int
    let mean: Number
    let deviation: Number
  }

  /// The mean difference over paired seeds, and its 95 % interval of Student's t.
  struct Difference: Encodable {
    let count: Int
    let mean: Number
    let low: Number
    let high: Number
  }

  struct McNemar: Encodable {
    let seed: UInt64
    let rightAlone: Int
    let referenceRightAlone: Int
    let probability: Double
  }

  struct TrialNumbers: Encodable {
    let seed: UInt64
    let measures: [String: Number]
    let classAccuracies: [Number]
    /// (labels, predictions).
    let confusion: [[Int]]
    /// 15 bins of equal width.
    let calibration: [Bin]
    let curve: [Point]
  }

  struct Bin: Encodable {
    let count: Int
    let confidence: Number
    let accuracy: Number
  }

  struct Point: Encodable {
    let epoch: Double
    let step: Int
    let images: Int
    let trainingLoss: Number
    let testLoss: Number
    let testAccuracy: Number
    let seconds: Double
  }

  let platform: ComparisonDescription.Platform
  let images: ComparisonDescription.Images
  let arms: [Arm]

  init(_ record: ComparisonRecord) {
    platform = record.description.platform
    images = record.description.images
    arms = record.arms.map { arm in
      let described = record.description.arms.first { $0.name == arm.name }
      let reference = record.arms[0]
      let isReference = arm.name == reference.name
      return Arm(
        name: arm.name, labels: described?.labels ?? "",
        settings: Dictionary((described?.settings ?? []).map { ($0.name, $0.value) }) { $1 },
        summary: Self.known { measure in
          arm.summary(of: measure).map {
            Statistics(count: $0.count, mean: Number($0.mean), deviation: Number($0.deviation))
          }
        },
        difference: isReference
          ? nil
          : Self.known { measure in
            arm.difference(from: reference, in: measure).map {
              Difference(
                count: $0.count, mean: Number($0.mean), low: Number($0.interval?.lowerBound),
                high: Number($0.interval?.upperBound))
            }
          },
        mcNemar: isReference
          ? nil
          : arm.mcNemarTest(against: reference).map {
            McNemar(
              seed: $0.seed, rightAlone: $0.test.onlyFirst, referenceRightAlone: $0.test.onlySecond,
              probability: $0.test.probability)
          }, trials: arm.trials.map(Self.numbers))
    }
  }

  /// A value for each measure that has one.
  private static func known<Value>(_ value: (Measure) -> Value?) -> [String: Value] {
    Measure.all.reduce(into: [:]) { values, measure in values[measure.key] = value(measure) }
  }

  private static func numbers(_ trial: MeasuredTrial) -> TrialNumbers {
    TrialNumbers(
      seed: trial.result.trial.seed,
      measures: Measure.all.reduce(into: [:]) { values, measure in
        values[measure.key] = measure.value(of: trial).map { Number($0) }
      },
      classAccuracies: trial.evaluation.classAccuracies.map { Number($0) }, confusion: trial.evaluation.confusionMatrix,
      calibration: trial.evaluation.calibration(.equalWidth).bins.map {
        Bin(count: $0.count, confidence: Number($0.confidence), accuracy: Number($0.accuracy))
      },
      curve: trial.result.curve.map {
        Point(
          epoch: $0.epoch, step: $0.step, images: $0.images, trainingLoss: Number($0.trainingLoss),
          testLoss: Number($0.testLoss), testAccuracy: Number($0.testAccuracy), seconds: $0.seconds)
      })
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    get throws { Array(try ComparisonFolder.encoder.encode(self)) + Array("\n".utf8) }
  }
}
