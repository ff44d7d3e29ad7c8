import MartletData
public import MartletTraining

/// A comparison with all that came out of it: what reports are made of.
public struct ComparisonRecord: Sendable {
  /// What was compared.
  public let description: ComparisonDescription
  /// The arms with their finished trials.
  public let arms: [ArmResults]
  /// The label of each test image.
  public let testLabels: [UInt8]
  /// The true distribution of each test image, (test images, classes), where they are known.
  public let testDistributions: [Float]?
  /// Pictures of some test images, as PNG files, by their positions.
  public let pictures: [Int: [UInt8]]

  /// The record of some results; temperatures are fitted now.
  ///
  /// - Parameters:
  ///   - description: what was compared.
  ///   - results: what came out.
  ///   - testLabels: the label of each test image.
  ///   - testDistributions: the true distributions, where they are known.
  ///   - pictures: pictures of test images, as PNG files.
  public init(
    _ description: ComparisonDescription, results: [TrialResult], testLabels: [UInt8], testDistributions: [Float]?,
    pictures: [Int: [UInt8]]
  ) {
    self.description = description
    self.testLabels = testLabels
    self.testDistributions = testDistributions
    self.pictures = pictures
    let classCount = description.images.classNames.count
    arms = description.arms.compactMap { arm in
      let trials = results.filter { $0.trial.arm == arm.name }.map { result in
        MeasuredTrial(
          result,
          temperature: testLabels.count < 2
            ? nil : TemperatureTrial(logits: result.logits, labels: testLabels, classCount: classCount))
      }
      return trials.isEmpty ? nil : ArmResults(name: arm.name, trials: trials)
    }
  }

  private init(
    _ description: ComparisonDescription, arms: [ArmResults], testLabels: [UInt8], testDistributions: [Float]?,
    pictures: [Int: [UInt8]]
  ) {
    self.description = description
    self.arms = arms
    self.testLabels = testLabels
    self.testDistributions = testDistributions
    self.pictures = pictures
  }

  /// Several comparisons on the same images as one. Where arms of two have one name, the folder's name comes before it.
  ///
  /// - Parameter parts: the comparisons, each with a name for it.
  /// - Throws: ``DataFileError``, if their images differ.
  public static func merged(_ parts: [(name: String, record: ComparisonRecord)]) throws -> ComparisonRecord {
    let first = parts[0].record
    for (name, record) in parts.dropFirst() where record.testLabels != first.testLabels {
      throw DataFileError(
        .malformed, path: name, reason: "This comparison has other test images than the one in \(parts[0].name).",
        advice: "Only comparisons on the same images can be put together.")
    }
    guard parts.count > 1 else { return first }
    let names = parts.flatMap { $0.record.arms.map(\.name) }
    func unique(_ arm: String, in part: String) -> String {
      names.count { $0 == arm } > 1 ? "\(part): \(arm)" : arm
    }
    var description = first.description
    description.arms = parts.flatMap { name, record in
      record.description.arms.map { arm in
        var renamed = arm
        renamed.name = unique(arm.name, in: name)
        return renamed
      }
    }
    let arms = parts.flatMap { name, record in
      record.arms.map { ArmResults(name: unique($0.name, in: name), trials: $0.trials) }
    }
    return ComparisonRecord(
      description, arms: arms, testLabels: first.testLabels, testDistributions: first.testDistributions,
      pictures: parts.reduce(into: [:]) { $0.merge($1.record.pictures) { $1 } })
  }
}
