import Foundation
public import MartletData
public import MartletTraining

/// What is made of a comparison's results.
extension ComparisonFolder {
  /// The most images on which arms disagree that a page shows.
  static let disagreementCount = 12

  /// Everything that is stored here.
  public var record: ComparisonRecord {
    get throws {
      let description = try description
      let (labels, distributions) = try testTargets(description)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: file("images"))) ?? []
      var pictures: [Int: [UInt8]] = [:]
      for name in names {
        guard let position = Self.position(ofPicture: name), labels.indices.contains(position),
          let bytes = FileManager.default.contents(atPath: file("images/\(name)"))
        else { continue }
        pictures[position] = Array(bytes)
      }
      return ComparisonRecord(
        description, results: try results(of: description, labels: labels, distributions: distributions),
        testLabels: labels, testDistributions: distributions, pictures: pictures)
    }
  }

  /// Draws the test images on which the arms disagree most, and no others.
  public func storePictures(of results: [TrialResult], _ test: Dataset) throws {
    let folder = file("images")
    try FileWriting.makeFolder(folder)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where Self.position(ofPicture: name) != nil {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    let found = Disagreement.largest(
      Self.disagreementCount, of: ArmResults.group(results), classCount: test.classCount)
    for disagreement in found {
      let picture = ContactSheet.png(of: test, indices: [disagreement.image], columns: 1, magnification: 1, gap: 0)
      try write(picture, "images/\(disagreement.image).png")
    }
  }

  /// The test image that a file called `name` shows; nil if it is somebody else's file.
  private static func position(ofPicture name: String) -> Int? {
    guard name.hasSuffix(".png"), name.dropLast(4).allSatisfy(\.isNumber) else { return nil }
    return Int(name.dropLast(4))
  }

  /// Takes away the curves of trials that are no longer part of the comparison.
  private func removeEvents() {
    let manager = FileManager.default
    for trial in (try? manager.contentsOfDirectory(atPath: file("events"))) ?? [] {
      let folder = file("events/\(trial)")
      let names = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
      let own = names.filter { $0.hasPrefix("events.out.tfevents.") && $0.hasSuffix(".martlet") }
      for name in own { try? manager.removeItem(atPath: "\(folder)/\(name)") }
      // Whatever else is in it is not ours.
      if own.count == names.count { try? manager.removeItem(atPath: folder) }
    }
  }

  /// Writes the page, the numbers as JSON and CSV, and curves for TensorBoard.
  public func writeReport(_ record: ComparisonRecord) throws {
    try FileWriting.makeFolder(path)
    try write(ResultsFile(record).bytes, "results.json")
    try write(ResultsTable.text(record).utf8, "results.csv")
    removeEvents()
    for arm in record.arms {
      for trial in arm.trials {
        let name = "events/\(Self.fileName(arm.name))-\(trial.result.trial.seed)"
        try FileWriting.makeFolder(file(name))
        let events = EventFile(of: trial, startTime: record.description.startTime)
        // TensorBoard wants a file's time of birth in its name; whatever the description says, this is one.
        let seconds = UInt32(min(max(0, record.description.startTime), 4e9))
        try write(events.bytes, "\(name)/events.out.tfevents.\(seconds).martlet")
      }
    }
    try write(Page(record).html.utf8, "report.html")
  }
}

extension EventFile {
  /// A trial's learning curve, and its final measures.
  init(of trial: MeasuredTrial, startTime: Double) {
    self.init(startTime: startTime)
    let curve = trial.result.curve
    for point in curve {
      let time = startTime + point.seconds
      if !point.trainingLoss.isNaN { add("loss/training", value: point.trainingLoss, step: point.step, time: time) }
      add("loss/test", value: point.testLoss, step: point.step, time: time)
      add("accuracy/test", value: point.testAccuracy, step: point.step, time: time)
    }
    let (step, time) = (curve.last?.step ?? 0, startTime + trial.result.cost.seconds)
    for measure in Measure.all {
      if let value = measure.value(of: trial) { add("final/\(measure.key)", value: value, step: step, time: time) }
    }
  }
}
