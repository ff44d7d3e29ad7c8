import Foundation

/// Reads a file from front to back, through gzip if its first bytes say so, in pieces of bounded size.
///
/// gzip files may have several members, one behind the other. Whatever zlib finds wrong is reported with the file and
/// the offset in it.
struct ByteReader: ~Copyable {
  /// The file.
  let path: String
  /// Whether the file is gzip, by its content.
  let isCompressed: Bool
  /// The bytes of contents handed out so far.
  private(set) var position = 0
  /// No file of this size can hold more contents: deflate makes at most 1,032 bytes out of one.
  let capacity: Int

  private let handle: FileHandle
  private let inflater: Inflater?
  /// Bytes of the file that are not decoded yet, from `stored[storedStart]` on.
  private var stored: [UInt8]
  private var storedStart = 0
  /// How many bytes of the file lie before `stored[0]`.
  private var storedOffset = 0
  private var isInsideMember = false
  /// Decoded contents, from `chunk[chunkStart]` to `chunk[chunkEnd]`.
  private var chunk: [UInt8] = []
  private var chunkStart = 0
  private var chunkEnd = 0

  private static let chunkSize = 1 << 17

  /// Opens the file at `path`.
  init(path: String) throws(DataFileError) {
    let (handle, size, first) = try Self.open(path)
    let isCompressed = first.starts(with: [0x1F, 0x8B])
    let inflater: Inflater?
    do throws(Inflater.Failure) {
      inflater = isCompressed ? try Inflater() : nil
    } catch {
      throw DataFileError(.unreadable, path: path, reason: error.message)
    }
    self.path = path
    self.handle = handle
    self.isCompressed = isCompressed
    self.inflater = inflater
    stored = first
    capacity = isCompressed ? size.multipliedReportingOverflow(by: 1032).partialValue : size
    isInsideMember = isCompressed
    if isCompressed { chunk = [UInt8](repeating: 0, count: Self.chunkSize) }
  }

  /// The open file, its size, and its first bytes.
  private static func open(_ path: String) throws(DataFileError) -> (FileHandle, Int, [UInt8]) {
    let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
    guard let type = attributes?[.type] as? FileAttributeType else {
      throw DataFileError(.missing, path: path, reason: "There is no such file.")
    }
    guard type == .typeRegular else {
      let found = type == .typeDirectory ? "a folder" : "no regular file"
      throw DataFileError(.unreadable, path: path, reason: "This is \(found); a file was expected.")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw DataFileError(
        .unreadable, path: path, reason: "The file cannot be opened.", advice: "Check its permissions.")
    }
    do {
      let size = Int(try handle.seekToEnd())
      try handle.seek(toOffset: 0)
      return (handle, size, [UInt8](try handle.read(upToCount: chunkSize) ?? Data()))
    } catch {
      throw DataFileError(.unreadable, path: path, reason: "The file cannot be read: \(error.localizedDescription)")
    }
  }

  /// An error at the place in the file that is read now.
  func malformed(_ reason: String, advice: String? = nil) -> DataFileError {
    let offset = isCompressed ? storedOffset + storedStart : position
    return DataFileError(.malformed, path: path, offset: offset, reason: reason, advice: advice)
  }

  /// An error about the bytes of contents at `position`; gzip files have no such place in them.
  func malformed(at position: Int, _ reason: String, advice: String? = nil) -> DataFileError {
    DataFileError(
      .malformed, path: path, offset: isCompressed ? nil : position,
      reason: isCompressed ? "Byte \(position) of the decompressed contents: \(reason)" : reason, advice: advice)
  }

  /// Whether there are no more contents.
  mutating func isAtEnd() throws(DataFileError) -> Bool {
    while chunkStart == chunkEnd {
      if try !fill() { return true }
    }
    return false
  }

  /// Reads exactly `count` bytes.
  ///
  /// - Parameter purpose: what they are, for the error if the file ends before.
  mutating func read(_ count: Int, of purpose: String) throws(DataFileError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(count, of: purpose, into: &bytes)
    return bytes
  }

  /// Appends exactly `count` bytes to `bytes`. Nothing is reserved that the file cannot hold.
  mutating func read(_ count: Int, of purpose: String, into bytes: inout [UInt8]) throws(DataFileError) {
    guard count <= capacity - min(position, capacity) else {
      throw malformed(
        "\(purpose) should have \(count) bytes, but the whole file has too few for that.",
        advice: "The header is wrong, or the file is incomplete: get it again.")
    }
    // Asked for once, for the whole: a reservation for each record would copy all records before it each time.
    if bytes.isEmpty && bytes.capacity < count { bytes.reserveCapacity(min(count, 1 << 26)) }
    var missing = count
    while missing > 0 {
      if chunkStart == chunkEnd {
        guard try fill() else {
          throw malformed(
            "The file ends after \(count - missing) of the \(count) bytes of \(purpose).",
            advice: "It is incomplete: get it again.")
        }
        continue
      }
      let taken = min(missing, chunkEnd - chunkStart)
      bytes.append(contentsOf: chunk[chunkStart..<chunkStart + taken])
      chunkStart += taken
      position += taken
      missing -= taken
    }
  }

  /// Makes sure that nothing follows.
  mutating func expectEnd(after purpose: String) throws(DataFileError) {
    guard try isAtEnd() else {
      throw malformed(
        at: position, "There are bytes behind the \(purpose), where the file should end.",
        advice: "The header is wrong, or the file is damaged: get it again.")
    }
  }

  /// Gets the next contents into `chunk`; false at the end.
  private mutating func fill() throws(DataFileError) -> Bool {
    chunkStart = 0
    chunkEnd = 0
    if storedStart == stored.count, try !refill() {
      guard !isInsideMember || inflater == nil else {
        throw malformed("The gzip data ends in the middle.", advice: "The file is incomplete: get it again.")
      }
      return false
    }
    guard let inflater else {
      swap(&chunk, &stored)
      chunkStart = storedStart
      chunkEnd = chunk.count
      storedOffset += chunk.count
      stored = []
      storedStart = 0
      return true
    }
    if !isInsideMember {
      // Behind a member there may be another one, and nothing else.
      let isMember = stored[storedStart] == 0x1F
      guard isMember else {
        throw malformed(
          "Behind the gzip data there are bytes that are not gzip.", advice: "The file is damaged: get it again.")
      }
      inflater.reset()
      isInsideMember = true
    }
    do throws(Inflater.Failure) {
      let progress = try inflater.inflate(stored, from: storedStart, into: &chunk)
      storedStart += progress.consumed
      chunkEnd = progress.produced
      if progress.isAtMemberEnd { isInsideMember = false }
    } catch {
      throw malformed(
        "The gzip data is damaged (zlib says: \(error.message)).", advice: "Get the file again.")
    }
    return true
  }

  /// Gets the next bytes of the file into `stored`; false at the end.
  private mutating func refill() throws(DataFileError) -> Bool {
    storedOffset += stored.count
    storedStart = 0
    do {
      stored = [UInt8](try handle.read(upToCount: Self.chunkSize) ?? Data())
    } catch {
      throw DataFileError(
        .unreadable, path: path, offset: storedOffset,
        reason: "The file cannot be read: \(error.localizedDescription)")
    }
    return !stored.isEmpty
  }
}
