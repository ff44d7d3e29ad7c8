import Foundation
import MartletData
import MartletTraining

/// A file that grows by a line at a time, so that it can be followed while training goes on.
struct MetricsFile {
  private let path: String
  private let handle: FileHandle

  /// What a line says about whose it is.
  private struct Owner: Decodable {
    let arm: String
    let seed: UInt64
  }

  /// - Parameter kept: trials whose lines stay if they are there; all others go, and will be written again.
  init(path: String, keeping kept: [Trial] = []) throws(DataFileError) {
    self.path = path
    if !kept.isEmpty, let old = FileManager.default.contents(atPath: path) {
      let lines = old.split(separator: UInt8(ascii: "\n")).filter { line in
        guard let owner = try? JSONDecoder().decode(Owner.self, from: line) else { return false }
        return kept.contains { $0.recipe == owner.arm && $0.seed == owner.seed }
      }
      try FileWriting.write(lines.flatMap { $0 + [UInt8(ascii: "\n")] }, to: path)
    }
    handle = try FileWriting.open(path, adds: !kept.isEmpty)
  }

  func append(_ line: String) throws(DataFileError) {
    do {
      try handle.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw FileWriting.failure(path, error)
    }
  }
}
