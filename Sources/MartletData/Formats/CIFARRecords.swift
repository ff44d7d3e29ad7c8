/// The images and labels of one CIFAR binary file: records of labels followed by 1,024 red, green and blue bytes.
///
/// Source: <https://www.cs.toronto.edu/~kriz/cifar.html>
enum CIFARRecords {
  /// The two versions.
  enum Version: Sendable {
    /// One label byte, 0…9.
    case cifar10
    /// A coarse and a fine label byte; the fine one, 0…99, counts.
    case cifar100

    var labelBytes: Int { self == .cifar10 ? 1 : 2 }
    var classCount: Int { self == .cifar10 ? 10 : 100 }
    var recordCount: Int { labelBytes + 3072 }
  }

  /// Reads the records of `path`, plain or gzipped, behind `pixels` and `labels`.
  static func read(
    path: String, version: Version, pixels: inout [UInt8], labels: inout [UInt8]
  ) throws(DataFileError) {
    var reader = try ByteReader(path: path)
    var records = 0
    while try !reader.isAtEnd() {
      let start = reader.position
      let label = try reader.read(version.labelBytes, of: "record \(records)")
      guard let fine = label.last, fine < version.classCount else {
        throw reader.malformed(
          at: start + version.labelBytes - 1,
          "Record \(records) has label \(label.last ?? 0); labels are 0...\(version.classCount - 1).",
          advice: "It is not a CIFAR binary file of this version, or it is damaged.")
      }
      labels.append(fine)
      try reader.read(3072, of: "record \(records)", into: &pixels)
      records += 1
    }
    guard records > 0 else {
      throw DataFileError(
        .malformed, path: path, offset: 0,
        reason: "The file is empty; records of \(version.recordCount) bytes were expected.")
    }
  }

  /// The bytes of a CIFAR-10 file of these images, (count, 3072), and labels.
  static func cifar10Bytes(pixels: ArraySlice<UInt8>, labels: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(labels.count * 3073)
    for (index, label) in labels.enumerated() {
      bytes.append(label)
      let start = pixels.startIndex + index * 3072
      bytes.append(contentsOf: pixels[start..<start + 3072])
    }
    return bytes
  }
}
