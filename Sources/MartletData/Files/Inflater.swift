import CZlib

/// zlib's gzip decoder behind an interface without pointers.
///
/// It holds the only pointers that zlib needs: one to its own state, which is why it is a class that never moves it, and
/// two into arrays for the time of one call.
final class Inflater {
  /// Why a member cannot be decoded: zlib's own words.
  struct Failure: Error {
    let message: String
  }

  /// What one call achieved.
  struct Progress {
    /// The input bytes used.
    let consumed: Int
    /// The output bytes made.
    let produced: Int
    /// Whether the member's end, with its checksum and length, was reached and found right.
    let isAtMemberEnd: Bool
  }

  private let stream: UnsafeMutablePointer<z_stream>

  init() throws(Failure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for the gzip wrapper alone.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw Failure(message: "zlib \(ZLIB_VERSION) could not start (status \(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Decodes from `input[start...]` into `output`, as far as either goes.
  func inflate(_ input: [UInt8], from start: Int, into output: inout [UInt8]) throws(Failure) -> Progress {
    let (available, room) = (input.count - start, output.count)
    let status = input.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + start })
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(room)
        return CZlib.inflate(stream, Z_NO_FLUSH)
      }
    }
    let progress = Progress(
      consumed: available - Int(stream.pointee.avail_in), produced: room - Int(stream.pointee.avail_out),
      isAtMemberEnd: status == Z_STREAM_END)
    switch status {
    case Z_OK, Z_STREAM_END, Z_BUF_ERROR:
      return progress
    default:
      let message = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
      throw Failure(message: message)
    }
  }

  /// Gets ready for the next member.
  func reset() { inflateReset(stream) }
}
