import Foundation

/// Writes whole files so that nothing is lost: beside the old one first, and renamed at the end.
public enum FileWriting {
  /// Writes `bytes` to `path`.
  ///
  /// - Throws: ``DataFileError`` that says what the system would not do. An old file at `path` is then as it was.
  public static func write(_ bytes: [UInt8], to path: String) throws(DataFileError) {
    let beside = try makeFileBeside(path)
    do {
      let handle = try FileHandle(forWritingTo: beside)
      try handle.write(contentsOf: bytes)
      try handle.synchronize()
      try handle.close()
      guard rename(beside.path, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    } catch {
      try? FileManager.default.removeItem(at: beside)
      throw DataFileError(
        .writeFailed, path: path, reason: "Writing failed: \(error.localizedDescription)",
        advice: "Is the disk full?")
    }
  }

  /// Finds out whether ``write(_:to:)`` could work, before hours of training depend on it.
  public static func checkWritable(_ path: String) throws(DataFileError) {
    let probe = try makeFileBeside(path)
    try? FileManager.default.removeItem(at: probe)
  }

  /// Makes an empty file in the folder of `path`.
  private static func makeFileBeside(_ path: String) throws(DataFileError) -> URL {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent()
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory), isDirectory.boolValue else {
      throw DataFileError(
        .unwritable, path: path, reason: "The folder \(folder.path) does not exist.", advice: "Make it first.")
    }
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw DataFileError(.unwritable, path: path, reason: "This is a folder; a file's name was expected.")
    }
    let name = ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)"
    let beside = folder.appendingPathComponent(name)
    guard FileManager.default.createFile(atPath: beside.path, contents: nil) else {
      throw DataFileError(
        .unwritable, path: path, reason: "No file can be made in \(folder.path).",
        advice: "Check the folder's permissions.")
    }
    return beside
  }

  /// Makes the folder at `path`, and those above it, unless they are there.
  public static func makeFolder(_ path: String) throws(DataFileError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DataFileError(
        .unwritable, path: path, reason: "The folder cannot be made: \(error.localizedDescription)")
    }
  }
}
