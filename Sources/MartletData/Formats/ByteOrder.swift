/// Whole numbers and floats out of bytes, in either order.
enum ByteOrder {
  case little
  case big

  /// The number in the first bytes of `bytes` from `start` on.
  func integer<Value: FixedWidthInteger>(_ bytes: [UInt8], at start: Int, as type: Value.Type = Value.self) -> Value {
    var value: Value = 0
    let width = Value.bitWidth / 8
    for index in 0..<width {
      let byte = bytes[start + (self == .big ? index : width - 1 - index)]
      value = (value << 8) | Value(truncatingIfNeeded: byte)
    }
    return value
  }

  /// All numbers in `bytes`.
  func integers<Value: FixedWidthInteger>(_ bytes: [UInt8], as type: Value.Type = Value.self) -> [Value] {
    let width = Value.bitWidth / 8
    return (0..<bytes.count / width).map { integer(bytes, at: $0 * width) }
  }

  /// All single-precision numbers in `bytes`.
  func floats(_ bytes: [UInt8]) -> [Float] { integers(bytes, as: UInt32.self).map(Float.init(bitPattern:)) }

  /// All double-precision numbers in `bytes`.
  func doubles(_ bytes: [UInt8]) -> [Double] { integers(bytes, as: UInt64.self).map(Double.init(bitPattern:)) }

  /// The bytes of `value`.
  func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    let little = (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    return self == .little ? little : little.reversed()
  }
}
