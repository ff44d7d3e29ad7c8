import Foundation
import MartletTestSupport
import Testing

@testable import MartletData

/// A file that must be refused, and what the refusal must say.
struct BrokenFile: Sendable, CustomTestStringConvertible {
  enum Format: Sendable { case bytes, idx, npy, cifar10, cifar100, safetensors, softLabels }

  let name: String
  let format: Format
  let bytes: [UInt8]
  /// A part of the sentence.
  let says: String
  /// The byte that the error names; nil where the test does not ask.
  var offset: Int?

  var testDescription: String { name }

  func read(_ path: String) throws(DataFileError) {
    switch format {
    case .bytes:
      var reader = try ByteReader(path: path)
      _ = try reader.readToEnd()
    case .idx: _ = try IDXArray(path: path)
    case .npy: _ = try NPYArray(path: path)
    case .cifar10, .cifar100:
      var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
      try CIFARRecords.read(
        path: path, version: format == .cifar10 ? .cifar10 : .cifar100, pixels: &pixels, labels: &labels)
    case .safetensors: _ = try Safetensors.read(path: path)
    case .softLabels: _ = try SoftLabels.read(path: path, classCount: 3)
    }
  }

  private static let text = Array("some text that is long enough to be compressed, compressed, compressed".utf8)
  private static let member = Deflater.compress(text, wrapper: .gzip)

  private static func flipped(_ bytes: [UInt8], at index: Int) -> [UInt8] {
    var bytes = bytes
    bytes[index] ^= 0xFF
    return bytes
  }

  private static func npy(
    _ header: String, version: UInt8 = 1, body: [UInt8] = []
  ) -> [UInt8] {
    let length =
      version == 1
      ? ByteOrder.little.bytes(UInt16(header.utf8.count)) : ByteOrder.little.bytes(UInt32(header.utf8.count))
    return NPYArray.magic + [version, 0] + length + Array(header.utf8) + body
  }

  private static func npyHeader(_ type: String = "<f4", order: String = "False", shape: String) -> String {
    "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  private static func safetensors(_ header: String, body: [UInt8] = []) -> [UInt8] {
    ByteOrder.little.bytes(UInt64(header.utf8.count)) + Array(header.utf8) + body
  }

  private static func record(_ labels: [UInt8]) -> [UInt8] { labels + [UInt8](repeating: 7, count: 3072) }

  private static func rows(_ values: [Float], sizes: [Int]) -> [UInt8] {
    NPYArray(sizes: sizes, floats: values).fileBytes
  }

  static let gzip: [BrokenFile] = [
    BrokenFile(name: "gzip: two bytes", format: .bytes, bytes: [0x1F, 0x8B], says: "ends in the middle", offset: 2),
    BrokenFile(
      name: "gzip: header alone", format: .bytes, bytes: Array(member.prefix(10)), says: "ends in the middle",
      offset: 10),
    BrokenFile(
      name: "gzip: cut in the data", format: .bytes, bytes: Array(member.prefix(30)), says: "ends in the middle",
      offset: 30),
    BrokenFile(
      name: "gzip: cut in the checksum", format: .bytes, bytes: Array(member.dropLast(5)), says: "ends in the middle",
      offset: member.count - 5),
    BrokenFile(
      name: "gzip: wrong checksum", format: .bytes, bytes: flipped(member, at: member.count - 6),
      says: "incorrect data check"),
    BrokenFile(
      name: "gzip: wrong length", format: .bytes, bytes: flipped(member, at: member.count - 1),
      says: "incorrect length check"),
    BrokenFile(
      name: "gzip: unknown method", format: .bytes, bytes: flipped(member, at: 2), says: "unknown compression method"),
    BrokenFile(
      name: "gzip: unknown flags", format: .bytes, bytes: member[0..<3] + [0xE0] + member[4...],
      says: "unknown header flags set"),
    BrokenFile(
      name: "gzip: damaged data", format: .bytes, bytes: Array(member.prefix(10)) + [0xFF, 0xFF] + member[12...],
      says: "invalid block type"),
    BrokenFile(
      name: "gzip: trailing garbage", format: .bytes, bytes: member + [1, 2, 3], says: "bytes that are not gzip",
      offset: member.count),
    BrokenFile(
      name: "gzip: trailing zeros", format: .bytes, bytes: member + [0, 0], says: "bytes that are not gzip",
      offset: member.count),
    BrokenFile(
      name: "gzip: second member cut", format: .bytes, bytes: member + member.prefix(20), says: "ends in the middle",
      offset: member.count + 20),
    BrokenFile(
      name: "gzip: second member damaged", format: .bytes, bytes: member + flipped(member, at: member.count - 6),
      says: "incorrect data check"),
  ]

  static let arrays: [BrokenFile] = [
    BrokenFile(name: "IDX: empty", format: .idx, bytes: [], says: "too few"),
    BrokenFile(name: "IDX: three bytes", format: .idx, bytes: [0, 0, 8], says: "too few"),
    BrokenFile(name: "IDX: no zeros", format: .idx, bytes: [1, 2, 8, 0, 5], says: "two zero bytes", offset: 0),
    BrokenFile(
      name: "IDX: unknown type", format: .idx, bytes: idx(type: 10, sizes: [1], elements: [0]), says: "not 10",
      offset: 2),
    BrokenFile(name: "IDX: sizes cut off", format: .idx, bytes: [0, 0, 8, 3, 0, 0, 0, 1], says: "axis 1"),
    BrokenFile(
      name: "IDX: elements cut off", format: .idx, bytes: idx(type: 8, sizes: [2, 3], elements: [1, 2]),
      says: "sizes [2, 3]"),
    BrokenFile(
      name: "IDX: elements cut off, gzipped", format: .idx,
      bytes: Deflater.compress(idx(type: 8, sizes: [2, 3], elements: [1, 2]), wrapper: .gzip),
      says: "ends after 2 of the 6 bytes"),
    BrokenFile(
      name: "IDX: 2³² images in 20 bytes", format: .idx,
      bytes: idx(type: 8, sizes: [0xFFFF_FFFF, 28, 28], elements: [1, 2, 3, 4]), says: "too few"),
    BrokenFile(
      name: "IDX: 2³² images in a small gzip file", format: .idx,
      bytes: Deflater.compress(idx(type: 8, sizes: [0xFFFF_FFFF, 28, 28], elements: []), wrapper: .gzip),
      says: "too few"),
    BrokenFile(
      name: "IDX: more elements than numbers go", format: .idx,
      bytes: idx(type: 14, sizes: [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], elements: []), says: "more elements"),
    BrokenFile(
      name: "IDX: bytes behind the elements", format: .idx, bytes: idx(type: 8, sizes: [2], elements: [1, 2, 3]),
      says: "where the file should end", offset: 10),
    BrokenFile(name: "IDX: rank 255 without sizes", format: .idx, bytes: [0, 0, 8, 255], says: "axis 0"),

    BrokenFile(name: "npy: empty", format: .npy, bytes: [], says: "too few"),
    BrokenFile(name: "npy: another file", format: .npy, bytes: Array("not an array".utf8), says: "NUMPY", offset: 0),
    BrokenFile(
      name: "npy: version 4", format: .npy, bytes: npy(npyHeader(shape: "(1,)"), version: 4), says: "version 4.0",
      offset: 6),
    BrokenFile(
      name: "npy: header cut off", format: .npy, bytes: Array(npy(npyHeader(shape: "(1,)")).prefix(20)),
      says: "the header"),
    BrokenFile(
      name: "npy: header of 4 GB", format: .npy, bytes: NPYArray.magic + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7B],
      says: "below 1 MB"),
    BrokenFile(name: "npy: no dictionary", format: .npy, bytes: npy("[1, 2]\n"), says: "'{' was expected"),
    BrokenFile(
      name: "npy: a key missing", format: .npy, bytes: npy("{'descr': '<f4', 'shape': (1,)}\n"), says: "lacks one"),
    BrokenFile(
      name: "npy: an unknown key", format: .npy, bytes: npy("{'descr': '<f4', 'colour': 'red'}\n"), says: "'colour'"),
    BrokenFile(name: "npy: a text without end", format: .npy, bytes: npy("{'descr\n"), says: "without an end"),
    BrokenFile(
      name: "npy: order neither way", format: .npy, bytes: npy(npyHeader(order: "Maybe", shape: "(1,)")),
      says: "neither True nor False"),
    BrokenFile(
      name: "npy: shape of words", format: .npy, bytes: npy(npyHeader(shape: "(one,)")), says: "no whole number"),
    BrokenFile(
      name: "npy: negative size", format: .npy, bytes: npy(npyHeader(shape: "(-1,)")), says: "no whole number"),
    BrokenFile(
      name: "npy: more behind the dictionary", format: .npy, bytes: npy(npyHeader(shape: "(0,)") + "x"),
      says: "goes on"),
    BrokenFile(
      name: "npy: Fortran order", format: .npy,
      bytes: npy(npyHeader(order: "True", shape: "(2, 2)"), body: [UInt8](repeating: 0, count: 16)), says: "Fortran"),
    BrokenFile(
      name: "npy: big-endian", format: .npy, bytes: npy(npyHeader(">f4", shape: "(1,)"), body: [0, 0, 0, 0]),
      says: "'>f4'"),
    BrokenFile(
      name: "npy: text elements", format: .npy, bytes: npy(npyHeader("<U4", shape: "(1,)"), body: [0]), says: "'<U4'"),
    BrokenFile(
      name: "npy: elements cut off", format: .npy, bytes: npy(npyHeader(shape: "(2, 2)"), body: [0, 0, 0, 0]),
      says: "sizes [2, 2]"),
    BrokenFile(
      name: "npy: more elements than numbers go", format: .npy,
      bytes: npy(npyHeader(shape: "(9000000000000000000, 9000000000000000000)")), says: "more elements"),
    BrokenFile(
      name: "npy: a size that is no number of this machine", format: .npy,
      bytes: npy(npyHeader(shape: "(99999999999999999999999,)")), says: "no whole number"),
    BrokenFile(
      name: "npy: bytes behind the elements", format: .npy,
      bytes: npy(npyHeader(shape: "(1,)"), body: [0, 0, 0, 0, 9]), says: "where the file should end"),
  ]

  static let others: [BrokenFile] = [
    BrokenFile(name: "CIFAR-10: empty", format: .cifar10, bytes: [], says: "empty", offset: 0),
    BrokenFile(
      name: "CIFAR-10: last record cut off", format: .cifar10, bytes: record([1]) + record([2]).dropLast(),
      says: "record 1"),
    BrokenFile(
      name: "CIFAR-10: label 10", format: .cifar10, bytes: record([1]) + record([10]), says: "label 10", offset: 3073),
    BrokenFile(
      name: "CIFAR-10: label 10, gzipped", format: .cifar10,
      bytes: Deflater.compress(record([1]) + record([10]), wrapper: .gzip), says: "Byte 3073"),
    BrokenFile(
      name: "CIFAR-100: label 100", format: .cifar100, bytes: record([3, 100]), says: "label 100", offset: 1),
    BrokenFile(
      name: "CIFAR-100: a file of CIFAR-10", format: .cifar100, bytes: record([1]) + record([2]), says: "record 1"),
    BrokenFile(name: "safetensors: empty", format: .safetensors, bytes: [], says: "too few"),
    BrokenFile(
      name: "safetensors: header of 10 exabytes", format: .safetensors, bytes: [UInt8](repeating: 0x8F, count: 16),
      says: "more than the format allows", offset: 0),
    BrokenFile(
      name: "safetensors: header longer than the file", format: .safetensors,
      bytes: ByteOrder.little.bytes(UInt64(1000)) + [0x7B, 0x7D], says: "too few"),
    BrokenFile(
      name: "safetensors: no JSON", format: .safetensors, bytes: safetensors("{nope"), says: "not a JSON object"),
    BrokenFile(
      name: "safetensors: a list", format: .safetensors, bytes: safetensors("[1, 2]"), says: "not a JSON object"),
    BrokenFile(
      name: "safetensors: no offsets", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"F32","shape":[1]}}"#), says: "'a' lacks"),
    BrokenFile(
      name: "safetensors: unknown type", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, body: [0, 0, 0, 0, 0, 0, 0, 0]),
      says: "I64"),
    BrokenFile(
      name: "safetensors: place behind the end", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, body: [0, 0, 0, 0]),
      says: "starts at byte 4"),
    BrokenFile(
      name: "safetensors: two tensors in one place", format: .safetensors,
      bytes: safetensors(
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        body: [0, 0, 0, 0]), says: "where 4 was expected"),
    BrokenFile(
      name: "safetensors: tensor cut off", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, body: [0, 0, 0, 0]),
      says: "too few"),
    BrokenFile(
      name: "safetensors: bytes behind the last tensor", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, body: [0, 0, 0, 0, 9]),
      says: "behind the last tensor"),
    BrokenFile(
      name: "safetensors: place and shape disagree", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, body: [0, 0, 0, 0]),
      says: "needs 8 bytes"),
    BrokenFile(
      name: "safetensors: negative size", format: .safetensors,
      bytes: safetensors(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, body: [0, 0, 0, 0]),
      says: "impossible shape"),
    BrokenFile(name: "soft labels: neither format", format: .softLabels, bytes: [5, 6, 7], says: "neither"),
    BrokenFile(name: "soft labels: empty", format: .softLabels, bytes: [], says: "too few"),
    BrokenFile(
      name: "soft labels: wrong number of classes", format: .softLabels, bytes: rows([1, 0], sizes: [1, 2]),
      says: "(images, 3)"),
    BrokenFile(
      name: "soft labels: one axis", format: .softLabels, bytes: rows([1, 0, 0], sizes: [3]), says: "(images, 3)"),
    BrokenFile(
      name: "soft labels: a row that sums to 0.9", format: .softLabels,
      bytes: rows([1, 0, 0, 0.5, 0.2, 0.2], sizes: [2, 3]), says: "row 1 sums to 0.9"),
    BrokenFile(
      name: "soft labels: a negative probability", format: .softLabels, bytes: rows([1.5, -0.5, 0], sizes: [1, 3]),
      says: "row 0 gives class 1"),
    BrokenFile(
      name: "soft labels: not a number", format: .softLabels, bytes: rows([.nan, 0, 1], sizes: [1, 3]),
      says: "row 0 gives class 0"),
  ]
}

@Suite("Broken files")
struct BrokenFileTests {
  @Test(
    "are refused with a sentence that names the file, and the byte where there is one",
    arguments: BrokenFile.gzip + BrokenFile.arrays + BrokenFile.others)
  func refused(file: BrokenFile) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(file.bytes, "broken")
    do throws(DataFileError) {
      try file.read(path)
      Issue.record("was read without an error")
    } catch {
      #expect(error.kind == .malformed)
      #expect(error.path == path && error.description.contains(path))
      #expect(error.reason.contains(file.says), "\(error)")
      if let offset = file.offset { #expect(error.offset == offset, "\(error)") }
    }
  }

  @Test("there are at least sixty of them")
  func enough() { #expect((BrokenFile.gzip + BrokenFile.arrays + BrokenFile.others).count >= 60) }

  @Test("control characters of a file's text do not reach the terminal, and long text is cut")
  func printable() {
    let error = DataFileError(
      .malformed, path: "a\nb", reason: "key '\u{1B}[31m" + String(repeating: "x", count: 5000), advice: "Do it.")
    #expect(error.description.hasPrefix(#"a\u{a}b: key '\u{1b}[31mxx"#))
    #expect(error.description.count < 700 && error.description.hasSuffix("… Do it."))
  }

  @Test("a missing file, and a folder in its place")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DataFileError(.missing, path: "\(folder.path)/no", reason: "There is no such file.")) {
      try IDXArray(path: "\(folder.path)/no")
    }
    #expect(
      throws: DataFileError(
        .unreadable, path: folder.path, reason: "This is a folder; a file was expected.")
    ) { try NPYArray(path: folder.path) }
  }

  @Test("writing keeps the old file until the new one is whole, and says why it cannot")
  func writing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], "old")
    try FileWriting.write([2, 3], to: path)
    #expect(try fileBytes(path) == [2, 3])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["old"])
    for bad in ["\(folder.path)/none/file", folder.path] {
      do throws(DataFileError) {
        try FileWriting.write([1], to: bad)
        Issue.record("was written")
      } catch {
        #expect(error.kind == .unwritable && error.path == bad)
      }
    }
  }

  @Test("a link is followed, and a device is written to and not replaced")
  func specialFiles() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], "file")
    let link = "\(folder.path)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
    func attributes() throws -> [FileAttributeKey: Any] { try FileManager.default.attributesOfItem(atPath: file) }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let old = try attributes()[.systemFileNumber] as? Int
    try FileWriting.write([2], to: link)
    #expect(try fileBytes(file) == [2])
    // Another file under the old name: it was written beside and renamed, with the old one's permissions.
    #expect(try attributes()[.systemFileNumber] as? Int != old)
    #expect(try attributes()[.posixPermissions] as? Int == 0o600)
    #expect((try FileManager.default.attributesOfItem(atPath: link))[.type] as? FileAttributeType == .typeSymbolicLink)

    let pipe = "\(folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    try FileWriting.checkWritable(pipe)
    #expect((try FileManager.default.attributesOfItem(atPath: pipe))[.type] as? FileAttributeType != .typeRegular)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["file", "link", "pipe"])

    // Everything fits into /dev/null, and nothing into /dev/full.
    try FileWriting.write([1, 2, 3], to: "/dev/null")
    do throws(DataFileError) {
      try FileWriting.write([1, 2, 3], to: "/dev/full")
      Issue.record("was written")
    } catch {
      #expect(error.kind == .writeFailed && error.path == "/dev/full")
    }
    for device in ["/dev/null", "/dev/full"] {
      let type = (try FileManager.default.attributesOfItem(atPath: device))[.type] as? FileAttributeType
      #expect(type == .typeCharacterSpecial)
    }
  }
}
