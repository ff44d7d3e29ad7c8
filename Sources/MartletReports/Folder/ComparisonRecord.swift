import Foundation
import MartletData
public import MartletTraining

/// A comparison with all that came out of it: what reports are made of.
public struct ComparisonRecord: Sendable {
  /// What was compared; of several comparisons, the first, with the arms of all.
  public private(set) var description: ComparisonDescription
  /// What was compared in each of the comparisons that this is put together from.
  public private(set) var parts: [ComparisonDescription]
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
    parts = [description]
    self.testLabels = testLabels
    self.testDistributions = testDistributions
    self.pictures = pictures
    let classCount = description.images.classNames.count
    arms = description.arms.compactMap { arm in
      let trials = results.filter { $0.trial.recipe == arm.name }.map { result in
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
    parts = [description]
    self.arms = arms
    self.testLabels = testLabels
    self.testDistributions = testDistributions
    self.pictures = pictures
  }

  /// Several comparisons on the same test images as one. Where arms of two have one name, the folder's name comes before it.
  ///
  /// - Parameter parts: the comparisons, each with the folder that it comes from.
  /// - Throws: ``DataFileError``, if their test images differ.
  public static func merged(_ parts: [(folder: String, record: ComparisonRecord)]) throws -> ComparisonRecord {
    let first = parts[0].record
    guard parts.count > 1 else { return first }
    for (folder, record) in parts.dropFirst() {
      let (one, other) = (first.description.images, record.description.images)
      guard one.classNames == other.classNames, one.checksums[1] == other.checksums[1] else {
        throw DataFileError(
          .malformed, path: folder,
          reason: "This comparison has other test images than the one in \(parts[0].folder).",
          advice: "Only comparisons on the same test images can be put together.")
      }
    }
    // The last part of a path is name enough, if no two folders share it.
    let last = parts.map { URL(fileURLWithPath: $0.folder).lastPathComponent }
    let prefixes = Set(last).count == last.count ? last : parts.map(\.folder)
    let names = parts.flatMap { $0.record.arms.map(\.name) }
    var (described, arms) = ([ComparisonDescription.Arm](), [ArmResults]())
    for (prefix, part) in zip(prefixes, parts) {
      for arm in part.record.arms {
        let name = names.count { $0 == arm.name } > 1 ? "\(prefix): \(arm.name)" : arm.name
        arms.append(ArmResults(name: name, trials: arm.trials))
        guard var description = part.record.description.arms.first(where: { $0.name == arm.name }) else { continue }
        description.name = name
        described.append(description)
      }
    }
    let files = Dictionary(grouping: arms.map(\.name), by: ComparisonFolder.fileName)
    if let clash = files.values.first(where: { $0.count > 1 }) {
      throw DataFileError(
        .malformed, path: parts[1].folder,
        reason: "The arms '\(clash[0])' and '\(clash[1])' would have the same names of files.",
        advice: "Rename one of the folders.")
    }
    var record = ComparisonRecord(
      first.description, arms: arms, testLabels: first.testLabels, testDistributions: first.testDistributions,
      pictures: parts.reduce(into: [:]) { $0.merge($1.record.pictures) { $1 } })
    record.parts = parts.map(\.record.description)
    record.description.arms = described
    return record
  }
}
