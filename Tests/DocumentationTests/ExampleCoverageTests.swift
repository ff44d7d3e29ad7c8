import Foundation
import Testing

/// A block of Swift code in the documentation.
struct DocumentedExample: Sendable, CustomTestStringConvertible {
  let file: String
  let line: Int
  let code: [String]

  var testDescription: String { "\(file):\(line)" }

  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// All blocks that start with "```swift" in the sources' comments, the articles and the README.
  static let all: [DocumentedExample] = {
    let names =
      FileManager.default.enumerator(atPath: package.appendingPathComponent("Sources").path)?
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".md") }.sorted() ?? []
    return (["README.md"] + names.map { "Sources/\($0)" }).flatMap(blocks(in:))
  }()

  private static func blocks(in file: String) -> [DocumentedExample] {
    guard let text = try? String(contentsOf: package.appendingPathComponent(file), encoding: .utf8) else { return [] }
    var blocks: [DocumentedExample] = []
    var block: (line: Int, code: [String])?
    for (index, raw) in text.components(separatedBy: "\n").enumerated() {
      var line = raw.trimmingCharacters(in: .whitespaces)
      if file.hasSuffix(".swift"), line.hasPrefix("///") {
        line = line.dropFirst(3).trimmingCharacters(in: .whitespaces)
      }
      if line == "```swift" {
        block = (index + 1, [])
      } else if line == "```", let (start, code) = block {
        blocks.append(DocumentedExample(file: file, line: start, code: code))
        block = nil
      } else if !line.isEmpty {
        block?.code.append(line)
      }
    }
    return blocks
  }
}

@Suite("Every example of the documentation is compiled and run")
struct ExampleCoverageTests {
  /// The compiled examples, line by line without indentation. Spaces before a comment at a line's end are folded.
  private static func lines(_ file: String) throws -> [String] {
    try String(contentsOf: DocumentedExample.package.appendingPathComponent(file), encoding: .utf8)
      .components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.map(folded)
  }

  private static func folded(_ line: String) -> String {
    line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }

  /// The files whose code is compiled and run.
  private static let compiled = [
    "Tests/DocumentationTests/ExampleTests.swift", "Tests/DocumentationTests/LayerExampleTests.swift",
    "Tests/DocumentationTests/LossExampleTests.swift", "Tests/DocumentationTests/AugmentationExampleTests.swift",
    "Tests/DocumentationTests/LabelArticleTests.swift", "Examples/Sources/custom-loss/main.swift",
    "Examples/Sources/compare-own-model/main.swift",
  ]

  @Test("stands word for word among the tests, or is a program of Examples", arguments: DocumentedExample.all)
  func isCompiled(example: DocumentedExample) throws {
    let code = example.code.map(Self.folded)
    let isThere = try Self.compiled.contains { file in
      let lines = try Self.lines(file)
      return lines.indices.contains { lines[$0...].starts(with: code) }
    }
    #expect(isThere, "\(example.code.joined(separator: "\n"))")
  }

  @Test("there are examples")
  func thereAreExamples() { #expect(DocumentedExample.all.count >= 55) }
}
