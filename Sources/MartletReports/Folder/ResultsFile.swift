import Foundation
import MartletTraining

/// `results.json`: every number of a comparison, for programs.
///
/// What is no number (NaN, infinity), or is not there, is null.
struct ResultsFile: Encodable {
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
    let mean: Double?
    let deviation: Double?

    enum CodingKeys: CodingKey { case count, mean, deviation }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(count, forKey: .count)
      try container.encode(mean, forKey: .mean)
      try container.encode(deviation, forKey: .deviation)
    }
  }

  /// The mean difference over paired seeds, and its 95 % interval of Student's t.
  struct Difference: Encodable {
    let count: Int
    let mean: Double?
    let low: Double?
    let high: Double?

    enum CodingKeys: CodingKey { case count, mean, low, high }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(count, forKey: .count)
      try container.encode(mean, forKey: .mean)
      try container.encode(low, forKey: .low)
      try container.encode(high, forKey: .high)
    }
  }

  struct McNemar: Encodable {
    let seed: UInt64
    let rightAlone: Int
    let referenceRightAlone: Int
    let probability: Double
  }

  struct TrialNumbers: Encodable {
    let seed: UInt64
    let measures: [String: Double?]
    let classAccuracies: [Double?]
    /// (labels, predictions).
    let confusion: [[Int]]
    /// 15 bins of equal width.
    let calibration: [Bin]
    let curve: [Point]
  }

  struct Bin: Encodable {
    let count: Int
    let confidence: Double?
    let accuracy: Double?

    enum CodingKeys: CodingKey { case count, confidence, accuracy }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(count, forKey: .count)
      try container.encode(confidence, forKey: .confidence)
      try container.encode(accuracy, forKey: .accuracy)
    }
  }

  struct Point: Encodable {
    let epoch: Double
    let step: Int
    let images: Int
    let trainingLoss: Double?
    let testLoss: Double?
    let testAccuracy: Double?
    let seconds: Double

    enum CodingKeys: CodingKey { case epoch, step, images, trainingLoss, testLoss, testAccuracy, seconds }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(epoch, forKey: .epoch)
      try container.encode(step, forKey: .step)
      try container.encode(images, forKey: .images)
      try container.encode(trainingLoss, forKey: .trainingLoss)
      try container.encode(testLoss, forKey: .testLoss)
      try container.encode(testAccuracy, forKey: .testAccuracy)
      try container.encode(seconds, forKey: .seconds)
    }
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
        name: arm.name, labels: described?.labels.rawValue ?? "",
        settings: Dictionary((described?.settings ?? []).map { ($0.name, $0.value) }) { $1 },
        summary: Self.known { measure in
          arm.summary(of: measure).map {
            Statistics(count: $0.count, mean: finite($0.mean), deviation: $0.deviation.flatMap(finite))
          }
        },
        difference: isReference
          ? nil
          : Self.known { measure in
            arm.difference(from: reference, in: measure).map {
              Difference(
                count: $0.count, mean: finite($0.mean), low: $0.interval?.lowerBound, high: $0.interval?.upperBound)
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
        if let value = measure.value(of: trial) { values[measure.key] = .some(finite(value)) }
      },
      classAccuracies: trial.evaluation.classAccuracies.map(finite), confusion: trial.evaluation.confusionMatrix,
      calibration: trial.evaluation.calibration(.equalWidth).bins.map {
        Bin(count: $0.count, confidence: finite($0.confidence), accuracy: finite($0.accuracy))
      },
      curve: trial.result.curve.map {
        Point(
          epoch: $0.epoch, step: $0.step, images: $0.images, trainingLoss: finite($0.trainingLoss),
          testLoss: finite($0.testLoss), testAccuracy: finite($0.testAccuracy), seconds: $0.seconds)
      })
  }

  /// The file's bytes.
  var bytes: [UInt8] {
    get throws { Array(try ComparisonFolder.encoder.encode(self)) + Array("\n".utf8) }
  }
}

/// A number that JSON has.
private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
