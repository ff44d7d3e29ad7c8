import Foundation
import MartletTestSupport
import Testing

@testable import MartletReports
@testable import MartletTraining

/// An arm of `results.json`, as far as the page shows it.
private struct StoredArm: Decodable {
  struct Value: Decodable {
    let mean: Double?
  }
  struct Test: Decodable {
    let probability: Double
  }
  let name: String
  let summary: [String: Value]
  let difference: [String: Value]?
  let mcNemar: Test?
}

private struct StoredResults: Decodable {
  let arms: [StoredArm]
}

/// A cell of the page's tables, as a program reads it.
private struct PageNumber: Hashable {
  let arm: String
  let measure: String
  let statistic: String
  let value: Double?
  let text: String
}

@Suite("The report's page")
struct PageTests {
  private static let checker = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/check-page.py").path
  private static let browsers = ["chromium", "chromium-browser", "google-chrome"]
  static let hasBrowser = (["python3"].allSatisfy(isInstalled)) && browsers.contains(where: isInstalled)

  private static func isInstalled(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }

  private func stored() throws -> (TemporaryFolder, ComparisonFolder) {
    let temporary = try TemporaryFolder()
    let folder = ComparisonFolder("\(temporary.path)/results")
    try ExampleComparison.write(to: folder)
    return (temporary, folder)
  }

  private func json(_ folder: ComparisonFolder) throws -> [StoredArm] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("results.json")))
    return try JSONDecoder().decode(StoredResults.self, from: data).arms
  }

  /// Compares numbers of the page with those of the JSON file, each with all its digits, and what people see with what they stand for.
  private func compare(_ numbers: [PageNumber], with arms: [StoredArm]) throws {
    var compared: Set<String> = []
    for number in numbers where !number.measure.hasPrefix("class_accuracy") {
      let arm = try #require(arms.first { $0.name == number.arm }, "\(number.arm)")
      let expected =
        switch number.statistic {
        case "mean": arm.summary[number.measure]?.mean
        case "difference": arm.difference?[number.measure]?.mean
        default: arm.mcNemar?.probability
        }
      #expect(number.value != nil && number.value == expected, "\(number)")
      guard let measure = Measure.all.first(where: { $0.key == number.measure }), let expected else { continue }
      compared.insert("\(number.statistic) \(number.measure)")
      // Beginning with the mean, as it is rounded for people.
      let digits = measure.text(abs(expected))
      #expect(number.text.drop { "+−".contains($0) }.hasPrefix(digits), "\(number)")
    }
    for measure in Measure.quality + Measure.validation {
      #expect(compared.contains("mean \(measure.key)"), "\(measure.key)")
    }
    for measure in Measure.cost + Measure.temperature { #expect(compared.contains("mean \(measure.key)")) }
    for measure in Measure.quality { #expect(compared.contains("difference \(measure.key)")) }
    #expect(numbers.count { $0.measure.hasPrefix("class_accuracy") } == 20)
    #expect(numbers.contains { $0.statistic == "probability" })
  }

  private func unescaped(_ text: Substring) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(String(text)) {
      $0.replacing($1.0, with: $1.1)
    }
  }

  @Test("has the numbers of results.json")
  func numbers() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let html = try String(contentsOfFile: folder.file("report.html"), encoding: .utf8)
    let cell =
      /<td data-arm="([^"]*)" data-measure="([^"]*)" data-statistic="([^"]*)" data-value="([^"]*)">([^<]*)<\/td>/
    let numbers = html.matches(of: cell).map { match in
      PageNumber(
        arm: unescaped(match.output.1), measure: String(match.output.2), statistic: String(match.output.3),
        value: Double(match.output.4), text: unescaped(match.output.5))
    }
    try compare(numbers, with: try json(folder))
  }

  @Test("needs nothing else, and has all its parts")
  func contents() throws {
    let (temporary, folder) = try stored()
    defer { withExtendedLifetime(temporary) {} }
    let html = try String(contentsOfFile: folder.file("report.html"), encoding: .utf8)
    #expect(!html.contains("<script") && !html.contains("http://") && !html.contains("https://"))
    for words in [
      "<h2>Results</h2>", "<h2>Differences from hard</h2>", "<h2>Curves</h2>", "<h2>Reliability</h2>",
      "<h2>Temperature</h2>",
      "<h2>Accuracy of each class</h2>", "<h2>Confusions</h2>", "<h2>Images on which the arms disagree most</h2>",
      "<h2>Soft labels</h2>", "<h2>Cost</h2>", "<h2>Settings</h2>", "<h2>Versions</h2>", "a &lt;system&gt;",
      "there &amp; back", "soft &amp; &quot;quoted&quot;, &lt;b&gt;",
    ] {
      #expect(html.contains(words), "\(words)")
    }
    #expect(html.components(separatedBy: "data:image/png;base64,").count == 13 && !html.contains("<b>"))
    // Three curves, one diagram, two matrices, twelve images.
    #expect(html.components(separatedBy: "<svg").count == 3 + 1 + 2 + 12 + 1)
    // The same again, out of what is stored.
    try folder.writeReport(folder.record)
    #expect(try String(contentsOfFile: folder.file("report.html"), encoding: .utf8) == html)
  }

  @Test("of one arm under one seed has no differences, and no spread")
  func smallest() throws {
    let result = ExampleComparison.results[0]
    let record = ComparisonRecord(
      ExampleComparison.description(), results: [result], testLabels: ExampleComparison.test.labels,
      testDistributions: nil, pictures: [:])
    let html = Page(record).html
    #expect(!html.contains("Differences from") && !html.contains("disagree most") && !html.contains(" ± 0"))
    #expect(html.contains("<h1>hard on shapes</h1>") && html.contains("under 1 seed."))
  }

  @Test("opens in a real browser without a word of complaint, on a phone and on a desk, and shows the same numbers")
  func browser() throws {
    guard Self.hasBrowser else {
      print("No Chromium here: the page was not opened.")
      return
    }
    let (temporary, folder) = try stored()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", Self.checker, folder.file("report.html"), "--values"]
    let output = try temporary.write([], "values.json")
    let errors = try temporary.write([], "errors.txt")
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let complaints = try String(contentsOfFile: errors, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(complaints)")
    let values = try JSONDecoder().decode([[String: String]].self, from: Data(contentsOf: URL(fileURLWithPath: output)))
    let numbers = values.map { element in
      PageNumber(
        arm: element["arm"] ?? "", measure: element["measure"] ?? "", statistic: element["statistic"] ?? "",
        value: element["value"].flatMap(Double.init), text: element["text"] ?? "")
    }
    try compare(numbers, with: try json(folder))
  }
}
