import Foundation
import MartletData

/// A file that grows by a line at a time, so that it can be followed while training goes on.
struct MetricsFile {
  private let path: String
  private let handle: FileHandle

  init(path: String) throws(DataFileError) {
    self.path = path
    handle = try FileWriting.open(path)
  }

  func append(_ line: String) throws(DataFileError) {
    do {
      try handle.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      throw FileWriting.failure(path, error)
    }
  }
}
