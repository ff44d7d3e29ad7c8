// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Foundation

/// A folder of a test's own, gone with the value.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes` to a file in the folder, and returns its path.
  @discardableResult
  public func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }
}

/// The bytes of a file.
public func fileBytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Real data sets, which are not part of the project: in `MARTLET_DATA`, or in the package's `Datasets`.
public enum RealData {
  /// What a skipped test says.
  public static let advice =
    "Real data sets are found through MARTLET_DATA or in Datasets/; Datasets/README.md says how to get them."

  /// The folder in which `file` is, or nil.
  public static func folder(holding file: String) -> String? {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folders: [String?] = [
      ProcessInfo.processInfo.environment["MARTLET_DATA"], package.appendingPathComponent("Datasets").path,
    ]
    return folders.compactMap { $0 }.first { FileManager.default.fileExists(atPath: "\($0)/\(file)") }
  }
}
