import Foundation
import MartletData

/// A file that grows by a line at a time, so that it can be followed while training goes on.
struct MetricsFile {
  private let path: String
  private let handle: FileHandle

  /// - Parameter adds: whether lines that are there stay.
  init(path: String, adds: Bool = false) throws(DataFileError) {
    self.path = path
    handle = try FileWriting.open(path, adds: adds)
  }

  func append(_ line: String) throws(DataFileError) {
    do {
      try handle.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw FileWriting.failure(path, error)
    }
  }
}
