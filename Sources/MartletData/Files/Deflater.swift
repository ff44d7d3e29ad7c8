import CZlib
import Requirements

/// zlib's encoder behind an interface without pointers.
package enum Deflater {
  /// The wrappers that zlib can write.
  enum Wrapper: Int32 {
    /// RFC 1952, with no name and no time, so that the same bytes always give the same file.
    case gzip = 31
    /// RFC 1950, as PNG wants it.
    case zlib = 15
  }

  /// `bytes`, compressed at zlib's default level.
  static func compress(_ bytes: [UInt8], wrapper: Wrapper) -> [UInt8] {
    var stream = z_stream()
    let status = deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, wrapper.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    require(status == Z_OK, "zlib could not start (status \(status)).")
    defer { deflateEnd(&stream) }
    require(bytes.count <= Int(UInt32.max) / 2, "At most 2 GiB can be compressed at once.")
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      bytes.withUnsafeBufferPointer { source in
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.avail_in = UInt32(bytes.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(bound)
        let status = deflate(&stream, Z_FINISH)
        require(status == Z_STREAM_END, "zlib could not finish (status \(status)).")
      }
      count = bound - Int(stream.avail_out)
    }
  }

  /// The CRC-32 of `bytes`, as gzip and PNG use it; of bytes behind others, if those' checksum is given.
  package static func checksum(_ bytes: [UInt8], after first: UInt32 = 0) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(UInt(first), bytes, bytes.count))
  }
}
