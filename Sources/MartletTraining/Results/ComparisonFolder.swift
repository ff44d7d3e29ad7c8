import Foundation
public import MartletData
import Requirements

/// Where a comparison is kept: what was compared, each finished trial, and the report made of them.
///
///     comparison.json            arms, settings, images, versions
///     test-labels.npy            (test images)
///     test-distributions.npy     (test images, classes), where they are known
///     trials/hard-0.json, .npy   what came out of a trial, and its logits for each test image
///     images/123.png             test images on which arms disagree most
///     events/hard-0/             curves for TensorBoard
///     configuration.yaml         the settings, as `train compare --config` reads them
///     results.json, results.csv, report.html
///
/// A trial's files are written when it is finished, and stand for it when the comparison is started again.
public struct ComparisonFolder: Sendable {
  /// The folder.
  public let path: String

  /// The file that says that somebody is at work here.
  static let lockName = ".lock"

  /// The folder at `path`, which need not be there.
  public init(_ path: String) { self.path = path }

  /// An arm's name as part of a file's name: letters and digits in lower case, with dashes between them.
  public static func fileName(_ arm: String) -> String {
    let words = arm.lowercased().unicodeScalars.split { !CharacterSet.alphanumerics.contains($0) }
    return words.map { String(String.UnicodeScalarView($0)) }.joined(separator: "-")
  }

  /// A trial as part of a file's name: `hard-0`.
  public static func fileName(_ trial: Trial) -> String { "\(fileName(trial.recipe))-\(trial.seed)" }

  /// Makes the folder ready for a comparison, or makes sure that what is in it belongs to the same one.
  ///
  /// - Returns: the results that are there already.
  /// - Throws: ``DataFileError``, if it cannot be written, or holds something else.
  public func open(_ description: ComparisonDescription, test: Dataset) throws -> [TrialResult] {
    var description = description
    let others = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0 != Self.lockName }
    if others.contains("comparison.json") {
      let stored = try self.description
      description.startTime = stored.startTime
      let isOther =
        stored.images != description.images
        || Set(stored.arms.map(\.name)).isDisjoint(with: description.arms.map(\.name))
      if isOther {
        throw DataFileError(
          .malformed, path: path,
          reason:
            "This folder holds another comparison: of \(stored.arms.map { "'\($0.name)'" }.joined(separator: ", ")) on "
            + "\(stored.images.name), with \(stored.images.trainingCount) training images.",
          advice: "Name another --output, or remove this one.")
      }
    } else if let other = others.min() {
      throw DataFileError(
        .unwritable, path: path, reason: "This folder holds something else than a comparison: '\(other)', for one.",
        advice: "Name a new --output.")
    }
    try FileWriting.makeFolder("\(path)/trials")
    // What was stored is looked at before anything of it is replaced.
    let results = try results(of: description, labels: test.labels, distributions: test.distributions)
    try write(Self.encoder.encode(description), "comparison.json")
    try put(NPYArray(sizes: [test.count], integers: test.labels.map(Int32.init)), "test-labels.npy")
    if let distributions = test.distributions {
      try put(NPYArray(sizes: [test.count, test.classCount], floats: distributions), "test-distributions.npy")
    }
    return results
  }

  /// What was compared.
  public var description: ComparisonDescription {
    get throws(DataFileError) { try decode("comparison.json") }
  }

  /// Keeps a finished trial of a comparison.
  ///
  /// - Parameter files: what the trial has written elsewhere: for each path, CRC-32 of the file.
  public func store(
    _ result: TrialResult, of description: ComparisonDescription, files: [String: UInt32] = [:]
  ) throws {
    guard let arm = description.arms.first(where: { $0.name == result.trial.recipe }) else {
      fail("There is no arm '\(result.trial.recipe)' in this comparison.")
    }
    let classCount = description.images.classNames.count
    let name = "trials/\(Self.fileName(result.trial))"
    try put(NPYArray(sizes: [result.logits.count / classCount, classCount], floats: result.logits), "\(name).npy")
    // The trial counts as finished once this file is there, so it comes last.
    try write(
      Self.encoder.encode(StoredTrial(result, origin: description.origin(of: arm), files: files)), "\(name).json")
  }

  /// The results of all trials that are there, in the comparison's order.
  ///
  /// - Parameters:
  ///   - description: what was compared; results of anything else are refused.
  ///   - labels: the label of each test image.
  ///   - distributions: the true distributions, where they are known.
  package func results(
    of description: ComparisonDescription, labels: [UInt8], distributions: [Float]?
  ) throws -> [TrialResult] {
    try description.seeds.flatMap { seed in
      try description.arms.compactMap { arm in
        try result(
          Trial(arm.name, seed: seed), origin: description.origin(of: arm), labels: labels,
          distributions: distributions)
      }
    }
  }

  private func result(
    _ trial: Trial, origin: TrialOrigin, labels: [UInt8], distributions: [Float]?
  ) throws(DataFileError) -> TrialResult? {
    let name = "trials/\(Self.fileName(trial))"
    let advice = "Remove \(file("\(name).json")): the trial is then run again."
    guard FileManager.default.fileExists(atPath: file("\(name).json")) else { return nil }
    let stored: StoredTrial
    let logits: NPYArray
    do throws(DataFileError) {
      stored = try decode("\(name).json")
      logits = try NPYArray(path: file("\(name).npy"))
    } catch {
      throw DataFileError(error.kind, path: error.path, offset: error.offset, reason: error.reason, advice: advice)
    }
    if let difference = origin.difference(from: stored.origin) {
      throw DataFileError(
        .malformed, path: path,
        reason: "This folder holds another comparison: in the arm '\(trial.recipe)', \(difference).",
        advice: "Name another --output, or remove this one.")
    }
    let classCount = origin.images.classNames.count
    guard stored.trial == trial, logits.sizes == [labels.count, classCount] else {
      throw DataFileError(
        .malformed, path: file("\(name).json"), reason: "This trial does not belong to the comparison in its folder.",
        advice: advice)
    }
    return stored.result(
      logits: logits.floats,
      evaluation: Evaluation(
        logits: logits.floats, labels: labels, distributions: distributions, classCount: classCount))
  }

  /// What a finished trial has written elsewhere: for each path, CRC-32 of the file.
  public func files(of trial: Trial) throws -> [String: UInt32] {
    let stored: StoredTrial = try decode("trials/\(Self.fileName(trial)).json")
    return stored.files
  }

  /// The right answers to the test images.
  package func testTargets(_ description: ComparisonDescription) throws -> (labels: [UInt8], distributions: [Float]?) {
    let (count, classCount) = (description.images.testCount, description.images.classNames.count)
    let labels = try NPYArray(path: file("test-labels.npy"))
    guard labels.sizes == [count], labels.floats.allSatisfy({ $0 >= 0 && Int($0) < classCount }) else {
      throw DataFileError(
        .malformed, path: file("test-labels.npy"), reason: "Here should be \(count) labels of \(classCount) classes.")
    }
    guard FileManager.default.fileExists(atPath: file("test-distributions.npy")) else {
      return (labels.floats.map { UInt8($0) }, nil)
    }
    let distributions = try SoftLabels.read(path: file("test-distributions.npy"), classCount: classCount)
    guard distributions.count == count * classCount else {
      throw DataFileError(.malformed, path: file("test-distributions.npy"), reason: "Here should be \(count) rows.")
    }
    return (labels.floats.map { UInt8($0) }, distributions)
  }

  /// Writes a file of the folder, whole or not at all.
  package func write(_ bytes: some Sequence<UInt8>, _ name: String) throws(DataFileError) {
    try FileWriting.write(Array(bytes), to: file(name))
  }

  private func put(_ array: NPYArray, _ name: String) throws(DataFileError) { try write(array.fileBytes, name) }

  /// A file of the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  private func decode<Value: Decodable>(_ name: String) throws(DataFileError) -> Value {
    let text = try TextFile.read(path: file(name), limit: 1 << 24)
    do {
      return try Self.decoder.decode(Value.self, from: Data(text.utf8))
    } catch {
      throw DataFileError(
        .malformed, path: file(name), reason: "This is not what 'train compare' writes.",
        advice: "Name another folder.")
    }
  }

  /// Writes NaN and infinity as words: JSON has no numbers for them.
  package static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}

/// A trial's result but for the logits, which have a file of their own, and what follows from them.
private struct StoredTrial: Codable {
  let trial: Trial
  let origin: TrialOrigin
  let files: [String: UInt32]
  let trainingLoss: Double
  let curve: [CurvePoint]
  let cost: TrialCost
  let pseudoLabels: PseudoLabelQuality?
  let testTimeAugmentation: TestTimeAugmentation?
  let plainAccuracy: Double?
  let validation: ValidationPoint?

  init(_ result: TrialResult, origin: TrialOrigin, files: [String: UInt32]) {
    self.origin = origin
    self.files = files
    trial = result.trial
    trainingLoss = result.trainingLoss
    curve = result.curve
    cost = result.cost
    pseudoLabels = result.pseudoLabels
    testTimeAugmentation = result.testTimeAugmentation
    plainAccuracy = result.plainAccuracy
    validation = result.validation
  }

  func result(logits: [Float], evaluation: Evaluation) -> TrialResult {
    TrialResult(
      trial: trial, trainingLoss: trainingLoss, curve: curve, logits: logits, evaluation: evaluation, cost: cost,
      pseudoLabels: pseudoLabels, testTimeAugmentation: testTimeAugmentation ?? .none, plainAccuracy: plainAccuracy,
      validation: validation)
  }
}
