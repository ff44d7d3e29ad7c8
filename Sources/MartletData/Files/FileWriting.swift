import Foundation

/// Writes whole files so that nothing is lost: beside the old one first, and renamed at the end.
///
/// A link is followed to the file it stands for. What is no regular file, such as a pipe or `/dev/stdout`, is written to
/// as it is: there is nothing to lose, and it must not be replaced.
public enum FileWriting {
  /// Writes `bytes` to `path`.
  ///
  /// - Throws: ``DataFileError`` that says what the system would not do. An old file at `path` is then as it was.
  public static func write(_ bytes: [UInt8], to path: String) throws(DataFileError) {
    let target = try Target(path)
    do {
      switch target {
      case .special(let file):
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: bytes)
        try handle.close()
      case .regular(let file, let folder):
        let beside = try makeFile(beside: file, in: folder, for: path)
        do {
          let handle = try FileHandle(forWritingTo: beside)
          try handle.write(contentsOf: bytes)
          try handle.synchronize()
          try handle.close()
          guard rename(beside.path, file.path) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
          }
        } catch {
          try? FileManager.default.removeItem(at: beside)
          throw error
        }
      }
    } catch let error as DataFileError {
      throw error
    } catch {
      throw failure(path, error)
    }
  }

  /// Finds out whether ``write(_:to:)`` could work, before hours of training depend on it.
  public static func checkWritable(_ path: String) throws(DataFileError) {
    guard case .regular(let file, let folder) = try Target(path) else { return }
    let probe = try makeFile(beside: file, in: folder, for: path)
    try? FileManager.default.removeItem(at: probe)
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

  /// Empties the file at `path`, or makes it, and opens it to be written little by little.
  ///
  /// - Parameter adds: whether what is in it stays, and is added to.
  public static func open(_ path: String, adds: Bool = false) throws(DataFileError) -> FileHandle {
    if case .regular(let file, _) = try Target(path), !adds || !FileManager.default.fileExists(atPath: file.path) {
      guard FileManager.default.createFile(atPath: file.path, contents: nil) else { throw noFile(path) }
    }
    guard let handle = FileHandle(forWritingAtPath: path) else { throw noFile(path) }
    if adds { _ = try? handle.seekToEnd() }
    return handle
  }

  /// The error of a write that failed half-way.
  public static func failure(_ path: String, _ error: any Error) -> DataFileError {
    DataFileError(
      .writeFailed, path: path, reason: "Writing failed: \(error.localizedDescription)")
  }

  /// What a path stands for, links followed.
  private enum Target {
    /// A regular file, or none yet, in a folder.
    case regular(URL, folder: URL)
    /// A pipe or a device.
    case special(URL)

    init(_ path: String) throws(DataFileError) {
      guard !path.isEmpty, !path.hasSuffix("/") else {
        throw DataFileError(.unwritable, path: path, reason: "A file's name was expected.")
      }
      let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
      let manager = FileManager.default
      let type = (try? manager.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
      switch type {
      case .typeDirectory?:
        throw DataFileError(.unwritable, path: path, reason: "This is a folder; a file's name was expected.")
      case .typeRegular?, nil:
        let folder = url.deletingLastPathComponent()
        var isDirectory: ObjCBool = false
        guard manager.fileExists(atPath: folder.path, isDirectory: &isDirectory), isDirectory.boolValue else {
          throw DataFileError(
            .unwritable, path: path, reason: "The folder \(folder.path) does not exist.", advice: "Make it first.")
        }
        // An old file that may not be written is not replaced either, although its folder would allow it.
        guard type == nil || manager.isWritableFile(atPath: url.path) else { throw noFile(path) }
        self = .regular(url, folder: folder)
      default:
        self = .special(URL(fileURLWithPath: path))
      }
    }
  }

  /// Makes an empty file with a name of this process's own.
  private static func makeFile(beside file: URL, in folder: URL, for path: String) throws(DataFileError) -> URL {
    let name = ".\(file.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)"
    let beside = folder.appendingPathComponent(name)
    // Who may read the old file may read the new one, and nobody else.
    let permissions = (try? FileManager.default.attributesOfItem(atPath: file.path))?[.posixPermissions]
    guard
      FileManager.default.createFile(
        atPath: beside.path, contents: nil, attributes: permissions.map { [.posixPermissions: $0] })
    else { throw noFile(path) }
    return beside
  }

  private static func noFile(_ path: String) -> DataFileError {
    DataFileError(
      .unwritable, path: path, reason: "The file cannot be made or written.",
      advice: "Check its permissions and those of its folder.")
  }
}
