import Foundation
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletReports
@testable import MartletTraining

/// A small comparison that was really run, and its description.
struct ExampleComparison {
  static let training = Shapes.make(.train, count: 60)
  static let test = Shapes.make(.test, count: 40)
  static let seeds: [UInt64] = [3, 4]
  static let platform = ComparisonDescription.Platform(
    martlet: "1.2.3", instructionSet: "some", system: "a <system>", processor: "a processor", processorCount: 2)

  static let comparison: Comparison = {
    do {
      var hard = Recipe(
        "hard", network: try Network(Models.mlp(hidden: [8], inputShape: [3, 32, 32]), inputShape: [3, 32, 32]))
      hard.labels.labelled = .balanced(30)
      hard.testTimeAugmentation = .flip
      hard.configuration.validation = ValidationSplit(share: 0.2, keepsBest: false)
      var soft = hard
      (soft.name, soft.labels.source) = ("soft & \"quoted\", <b>", .dataset)
      return Comparison([hard, soft], training: training, test: test, seeds: seeds)
    } catch { fatalError("\(error)") }
  }()

  static func description(epochs: String = "2") -> ComparisonDescription {
    ComparisonDescription(
      images: .init(training: training, test: test), platform: platform,
      arms: zip(comparison.recipes, ["hard", "soft"]).map { recipe, labels in
        .init(
          name: recipe.name, labels: labels,
          settings: [Setting(name: "epochs", value: epochs), Setting(name: "data", value: "there & back")])
      }, seeds: seeds, startTime: 1_700_000_000)
  }

  static let results: [TrialResult] = {
    do { return try comparison.run(keepsCurves: true) } catch { fatalError("\(error)") }
  }()

  /// A folder with all of it, and its report.
  static func write(to folder: ComparisonFolder) throws {
    _ = try folder.open(description(), test: test)
    for result in results { try folder.store(result, of: description()) }
    try folder.storePictures(of: results, test)
    try folder.writeReport(folder.record)
  }
}

@Suite("A comparison's folder")
struct ComparisonFolderTests {
  private func stored() throws -> (TemporaryFolder, ComparisonFolder) {
    let temporary = try TemporaryFolder()
    let folder = ComparisonFolder("\(temporary.path)/results")
    try ExampleComparison.write(to: folder)
    return (temporary, folder)
  }

  @Test("gives back every trial to the last bit")
  func roundTrip() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let results = try folder.open(ExampleComparison.description(), test: ExampleComparison.test)
    #expect(results.count == 4)
    for (result, expected) in zip(results, ExampleComparison.results) {
      #expect(result.trial == expected.trial && result.logits == expected.logits && result.cost == expected.cost)
      #expect(result.evaluation == expected.evaluation && result.trainingLoss == expected.trainingLoss)
      #expect(result.curve.dropFirst() == expected.curve.dropFirst() && result.curve[0].trainingLoss.isNaN)
      #expect(result.pseudoLabels == expected.pseudoLabels)
    }
    // A trial counts once its last file is there.
    try FileManager.default.removeItem(atPath: folder.file("trials/hard-4.json"))
    #expect(try folder.record.arms.map(\.trials.count) == [1, 2])
    #expect(try folder.open(ExampleComparison.description(), test: ExampleComparison.test).count == 3)
    // The first start is what counts.
    var later = ExampleComparison.description()
    later.startTime = 1_800_000_000
    _ = try folder.open(later, test: ExampleComparison.test)
    #expect(try folder.description.startTime == 1_700_000_000)
  }

  @Test("reads trials in which the labels were named beside the arm")
  func older() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let path = folder.file("trials/hard-3.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let older = text.replacing("\"trial\" : {\n", with: "\"trial\" : {\n    \"labels\" : \"hard\",\n")
    #expect(older != text)
    try Data(older.utf8).write(to: URL(fileURLWithPath: path))
    #expect(try folder.open(ExampleComparison.description(), test: ExampleComparison.test).count == 4)
  }

  @Test("refuses another comparison, and says what differs")
  func conflicts() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    func refusal(_ description: ComparisonDescription) -> String {
      do {
        _ = try folder.open(description, test: ExampleComparison.test)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      refusal(ExampleComparison.description(epochs: "3")).contains(
        "in the arm 'hard', epochs was 2, and is 3. Name another"))
    let given = ExampleComparison.description()
    let other = ComparisonDescription.Images(training: ExampleComparison.test, test: ExampleComparison.test)
    #expect(
      refusal(
        .init(images: other, platform: given.platform, arms: given.arms, seeds: given.seeds, startTime: 0)
      ).contains(
        "This folder holds another comparison: of 'hard', 'soft & \"quoted\", <b>' on shapes, with 60 training images.")
    )
    // The same images with other distributions are others.
    let test = ExampleComparison.test
    let blurred = Dataset(
      name: test.name, split: test.split, imageShape: test.imageShape, classNames: test.classNames, pixels: test.pixels,
      labels: test.labels, distributions: test.distributions.map { $0.map { _ in 0.1 } })
    let unlike = ComparisonDescription.Images(training: ExampleComparison.training, test: blurred)
    #expect(unlike != given.images && unlike.checksums[0] == given.images.checksums[0])
    // Arms that have nothing to do with those that are there.
    let foreign = ComparisonDescription.Arm(name: "foreign", labels: "hard", settings: [])
    #expect(
      refusal(.init(images: given.images, platform: given.platform, arms: [foreign], seeds: [3], startTime: 0))
        .contains("holds another comparison"))
    let platform = ComparisonDescription.Platform(
      martlet: "1.2.3", instructionSet: "other", system: "", processor: "", processorCount: 1)
    #expect(
      refusal(.init(images: given.images, platform: platform, arms: given.arms, seeds: given.seeds, startTime: 0))
        .contains("with some kernels, and these are other"))
    func arms(_ settings: [Setting], files: [String: UInt32] = [:]) -> ComparisonDescription {
      .init(
        images: given.images, platform: given.platform,
        arms: given.arms.reversed().map { .init(name: $0.name, labels: $0.labels, settings: settings, files: files) },
        seeds: [3, 4, 5], startTime: 0)
    }
    let epochs = Setting(name: "epochs", value: "2")
    let file = Setting(name: "soft-labels", value: "s.npy")
    #expect(refusal(arms([epochs, file])).contains("soft-labels was not set, and is s.npy"))
    // More seeds, another first arm, and another place for the same images are no conflict.
    #expect(refusal(arms([epochs, Setting(name: "limit", value: "60")])) == "")
    // Nor is an arm that comes back after it was left out, as long as it is the same.
    let hard = given.arms[0]
    #expect(
      refusal(.init(images: given.images, platform: given.platform, arms: [hard], seeds: [3], startTime: 0)) == "")
    #expect(refusal(ExampleComparison.description(epochs: "3")).contains("epochs was 2, and is 3"))
    #expect(refusal(ExampleComparison.description()) == "")
  }

  @Test("refuses files with other contents under the same name")
  func fileContents() throws {
    let temporary = try TemporaryFolder()
    let folder = ComparisonFolder("\(temporary.path)/results")
    let given = ExampleComparison.description()
    func description(_ checksum: UInt32) -> ComparisonDescription {
      .init(
        images: given.images, platform: given.platform,
        arms: given.arms.map {
          .init(
            name: $0.name, labels: $0.labels, settings: [Setting(name: "init", value: "w")], files: ["init": checksum])
        }, seeds: given.seeds, startTime: 0)
    }
    _ = try folder.open(description(1), test: ExampleComparison.test)
    try folder.store(ExampleComparison.results[0], of: description(1))
    #expect(try folder.open(description(1), test: ExampleComparison.test).count == 1)
    #expect { try folder.open(description(2), test: ExampleComparison.test) } throws: {
      "\($0)".contains("the file of init had other contents")
    }
    // The same contents under another name are the same.
    let moved = ComparisonDescription(
      images: given.images, platform: given.platform,
      arms: given.arms.map {
        .init(name: $0.name, labels: $0.labels, settings: [Setting(name: "init", value: "moved")], files: ["init": 1])
      }, seeds: given.seeds, startTime: 0)
    #expect(try folder.open(moved, test: ExampleComparison.test).count == 1)
    let hard = ExampleComparison.results[0]
    try folder.store(hard, of: description(1), files: ["w": 7])
    #expect(try folder.files(of: hard.trial) == ["w": 7])
  }

  @Test("is nobody else's, and one program's at a time")
  func ownership() throws {
    let temporary = try TemporaryFolder()
    let folder = ComparisonFolder(temporary.path)
    try temporary.write([1], "holiday.png")
    #expect { try folder.open(ExampleComparison.description(), test: ExampleComparison.test) } throws: {
      "\($0)".contains("holds something else than a comparison: 'holiday.png'")
    }
    let own = ComparisonFolder("\(temporary.path)/own")
    var lock: FolderLock? = try FolderLock(own)
    #expect { try FolderLock(own) } throws: { "\($0)".contains("Another 'train compare' is at work in this folder") }
    withExtendedLifetime(lock) {}
    lock = nil
    _ = try FolderLock(own)
    // Pictures of somebody else's stay where they are.
    try ExampleComparison.write(to: own)
    try temporary.write([1], "own/images/holiday.png")
    try own.storePictures(of: [ExampleComparison.results[0]], ExampleComparison.test)
    #expect(try FileManager.default.contentsOfDirectory(atPath: own.file("images")) == ["holiday.png"])
    // Curves of trials that are gone are gone, and others' files are not.
    try temporary.write([1], "own/events/old-1/notes.txt")
    try temporary.write([1], "own/events/old-1/events.out.tfevents.1.martlet")
    try own.writeReport(own.record)
    #expect(try FileManager.default.contentsOfDirectory(atPath: own.file("events/old-1")) == ["notes.txt"])
  }

  @Test("says what is wrong with files that are not its own")
  func broken() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    func refusal(_ name: String, _ text: String) throws -> String {
      let old = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
      defer { try? old.write(to: URL(fileURLWithPath: folder.file(name))) }
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
      do {
        _ = try folder.record
        return ""
      } catch { return "\(error)" }
    }
    #expect(try refusal("comparison.json", "{}").contains("comparison.json: This is not what 'train compare' writes."))
    let damaged = try refusal("trials/hard-3.json", "nothing")
    #expect(damaged.contains("trials/hard-3.json: This is not what") && damaged.contains("the trial is then run again"))
    #expect(try refusal("trials/hard-3.npy", "nothing").contains("Remove \(folder.file("trials/hard-3.json"))"))
    #expect(try refusal("test-labels.npy", "nothing").contains("test-labels.npy"))
    let swapped = try String(contentsOfFile: folder.file("trials/hard-4.json"), encoding: .utf8)
    #expect(try refusal("trials/hard-3.json", swapped).contains("does not belong to the comparison"))
    #expect(throws: DataFileError.self) { try ComparisonFolder("\(folder.path)/none").record }
  }

  @Test("names files by letters and digits")
  func names() {
    #expect(ComparisonFolder.fileName("Soft, T = 2 (five)") == "soft-t-2-five")
    #expect(ComparisonFolder.fileName(Trial("../up", seed: 3)) == "up-3")
  }

  @Test("keeps pictures of the images on which arms disagree most, and of no others")
  func pictures() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let record = try folder.record
    #expect(record.pictures.count == ComparisonFolder.disagreementCount)
    let ranked = Disagreement.largest(40, of: record.arms, classCount: 10)
    #expect(Set(ranked.prefix(12).map(\.image)) == Set(record.pictures.keys))
    #expect(ranked.count == 40 && zip(ranked, ranked.dropFirst()).allSatisfy { $0.divergence >= $1.divergence })
    #expect(ranked.allSatisfy { $0.divergence >= 0 && $0.divergence <= log(2.0) })
  }

  @Test("are put together over several runs on the same images, and over no others")
  func merged() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let record = try folder.record
    let both = try ComparisonRecord.merged([("a/first", record), ("a/second", record)])
    #expect(both.arms.map(\.name).first == "first: hard" && both.arms.count == 4 && both.parts.count == 2)
    #expect(both.description.arms.map(\.name) == both.arms.map(\.name))
    // A run against itself: no difference at all.
    let difference = both.arms[2].difference(from: both.arms[0], in: Measure.named("loss"))
    #expect(difference?.mean == 0 && both.arms[2].mcNemarTest(against: both.arms[0])?.test.probability == 1)
    #expect(Page(both).html.contains("second: hard"))
    // Folders of one name have their paths for names.
    let paths = try ComparisonRecord.merged([("a/out", record), ("b/out", record)])
    #expect(Set(paths.arms.map(\.name)).count == 4 && paths.arms[2].name == "b/out: hard")
    let given = record.description
    let images = ComparisonDescription.Images(training: ExampleComparison.test, test: ExampleComparison.training)
    let other = ComparisonRecord(
      .init(images: images, platform: given.platform, arms: given.arms, seeds: given.seeds, startTime: 0), results: [],
      testLabels: record.testLabels, testDistributions: nil, pictures: [:])
    #expect { try ComparisonRecord.merged([("first", record), ("second", other)]) } throws: {
      "\($0)".contains("second: This comparison has other test images than the one in first.")
    }
  }

  @Test("results.json says null where a value is NaN")
  func nulls() throws {
    let result = ExampleComparison.results[0]
    let broken = TrialResult(
      trial: result.trial, trainingLoss: .nan, curve: result.curve, logits: result.logits.map { _ in .nan },
      evaluation: Evaluation(logits: result.logits.map { _ in .nan }, on: ExampleComparison.test), cost: result.cost,
      pseudoLabels: nil)
    let record = ComparisonRecord(
      ExampleComparison.description(), results: [broken, ExampleComparison.results[1]],
      testLabels: ExampleComparison.test.labels, testDistributions: nil, pictures: [:])
    let text = String(decoding: try ResultsFile(record).bytes, as: UTF8.self)
    #expect(text.contains("\"training_loss\" : null") && text.contains("\"mean\" : null"))
    #expect(!text.contains("nan") && !text.contains("inf"))
    let html = Page(record).html
    #expect(html.contains(">nan<") && !html.contains("+nan") && !html.contains("data-value=\"nan\""))
    #expect(ComparisonTable.text([broken]).contains(" nan "))
  }

  @Test("results.csv has a row for each trial, whose numbers read back as they are")
  func table() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let lines = try String(contentsOfFile: folder.file("results.csv"), encoding: .utf8).components(separatedBy: "\r\n")
    #expect(lines.count == 6 && lines[5].isEmpty)
    let head = lines[0].split(separator: ",").map(String.init)
    let cells = lines[1].components(separatedBy: ",")
    #expect(cells.count == head.count && cells.prefix(3) == ["hard", "hard", "3"])
    let place = try #require(head.firstIndex(of: "accuracy"))
    #expect(Double(cells[place]) == ExampleComparison.results[0].evaluation.accuracy)
    #expect(ResultsTable.quoted("a\nb") == "\"a\nb\"" && ResultsTable.quoted("plain") == "plain")
    #expect(lines[3].hasPrefix("\"soft & \"\"quoted\"\", <b>\",soft,3,"))
  }
}
