/// The checksum CRC-32C: a cyclic redundancy check with Castagnoli's polynomial.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc3720#section-12.1>; appendix B.4 has test vectors.
enum CRC32C {
  /// The checksum of `bytes`.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { remainder, byte in
      remainders[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8)
    }
  }

  /// The checksum of `bytes` as records hold it: rotated by 15 bits, plus a constant.
  ///
  /// The mask is there because a checksum tells little about data that contain checksums themselves.
  /// Source: <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let plain = checksum(bytes)
    return ((plain >> 15) | (plain << 17)) &+ 0xa282_ead8
  }

  /// What each byte leaves after the division by the polynomial, whose bits are in reverse here, lowest first.
  private static let remainders: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82f6_3b78 : 0) }
  }
}
