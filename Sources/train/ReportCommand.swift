import ArgumentParser
import Foundation
import MartletData
import MartletReports
import MartletTraining

/// `train report`: the page again, out of what is stored.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Build a comparison's report again from what is stored, also over several comparisons.",
    discussion:
      "Several comparisons must have been made on the same images. The first one's first arm is what the others are compared with."
  )

  @Argument(help: ArgumentHelp("Folders that 'train compare --output' has written.", valueName: "dir"))
  var folders: [String]

  @Option(
    help: ArgumentHelp("Where to write the report (default: the folder, if it is one alone).", valueName: "dir"))
  var output: String?

  func validate() throws {
    if folders.count > 1 && output == nil {
      throw ValidationError("A report over several folders needs an --output of its own.")
    }
    let places = folders.map { URL(fileURLWithPath: $0).standardizedFileURL.resolvingSymlinksInPath().path }
    if Set(places).count < places.count { throw ValidationError("A folder is named twice.") }
    if output?.isEmpty ?? false { throw ValidationError("--output needs a folder's name.") }
  }

  func run() throws {
    try reportingFailures {
      let parts = try folders.map { path in (folder: path, record: try ComparisonFolder(path).record) }
      let record = try ComparisonRecord.merged(parts)
      guard !record.arms.isEmpty else {
        throw DataFileError(
          .malformed, path: folders[0], reason: "No trial is finished yet.", advice: "Run the comparison again.")
      }
      let target = ComparisonFolder(output ?? folders[0])
      if let output, FileManager.default.fileExists(atPath: target.file("comparison.json")) {
        throw DataFileError(
          .unwritable, path: output, reason: "This folder holds a comparison of its own, with its own report.",
          advice: "Name another --output.")
      }
      try target.writeReport(record)
      print(target.file("report.html"))
    }
  }
}
