/// A file that cannot be used: which one, where in it, what was found, what was expected, and what to do.
public struct DataFileError: Error, Hashable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// There is no such file.
    case missing
    /// The system does not let it be read.
    case unreadable
    /// Its contents are not what they should be.
    case malformed
    /// It cannot be created.
    case unwritable
    /// Writing it failed half-way.
    case writeFailed
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file, or the folder in which files were looked for.
  public let path: String
  /// The byte at which the trouble starts, counted from 0 in the file as it is stored.
  public let offset: Int?
  /// What was found and what was expected, as sentences.
  public let reason: String
  /// What to do about it.
  public let advice: String?

  /// An error with all it has to say.
  public init(_ kind: Kind, path: String, offset: Int? = nil, reason: String, advice: String? = nil) {
    self.kind = kind
    self.path = path
    self.offset = offset
    self.reason = reason
    self.advice = advice
  }

  /// File, offset, reason and advice in one line.
  public var description: String {
    let place = offset.map { ", byte \($0)" } ?? ""
    return Self.printable("\(path)\(place): ") + Self.printable(reason) + (advice.map { " \($0)" } ?? "")
  }

  /// Text out of a file may be anything: control characters are written as numbers, and very long text is cut.
  private static func printable(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let shown = scalars.prefix(600).map { scalar in
      scalar.properties.generalCategory == .control ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return shown.joined() + (scalars.count > 600 ? "…" : "")
  }
}
