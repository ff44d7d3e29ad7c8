import Foundation
import MartletData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps two programs from working in one folder, for as long as it is alive. The system lets go of it when a program ends, however
/// that was.
public final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes the folder, which is made if it is not there.
  ///
  /// - Throws: ``DataFileError``, if somebody else is at work there, or it cannot be written.
  public init(_ folder: ComparisonFolder) throws {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory), !isDirectory.boolValue {
      throw DataFileError(
        .unwritable, path: folder.path, reason: "This is a file; a folder's name was expected.",
        advice: "Name another --output.")
    }
    try FileWriting.makeFolder(folder.path)
    let path = folder.file(ComparisonFolder.lockName)
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw DataFileError(.unwritable, path: path, reason: "The file cannot be made or written.")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw DataFileError(
        .unwritable, path: folder.path, reason: "Another 'train compare' is at work in this folder.",
        advice: "Wait for it, or name another --output.")
    }
  }

  deinit { close(descriptor) }
}
