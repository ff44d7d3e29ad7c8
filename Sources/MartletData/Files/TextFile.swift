/// Reads whole text files.
public enum TextFile {
  /// The file's contents as text; bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Parameters:
  ///   - path: the file, which may be gzipped.
  ///   - limit: the most bytes that such a file can sensibly have.
  /// - Throws: ``DataFileError`` if it cannot be read, or is larger.
  public static func read(path: String, limit: Int = 1 << 20) throws(DataFileError) -> String {
    var reader = try ByteReader(path: path)
    var bytes: [UInt8] = []
    while try !reader.isAtEnd() {
      guard bytes.count < limit else {
        throw reader.malformed("This file is larger than \(limit) bytes, so it is not what was expected here.")
      }
      try reader.read(1, of: "text", into: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
