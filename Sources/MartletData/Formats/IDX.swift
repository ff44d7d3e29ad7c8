/// An array out of an IDX file, the format of MNIST.
///
/// Two zero bytes, the element type, the rank, one big-endian 32-bit size for each axis, and the elements in row-major
/// order, big-endian. Source: <http://yann.lecun.com/exdb/mnist/>
public struct IDXArray: Sendable, Equatable {
  /// The elements, in the type that the file has.
  public enum Elements: Sendable, Equatable {
    /// Type 0x08.
    case uint8([UInt8])
    /// Type 0x09.
    case int8([Int8])
    /// Type 0x0B.
    case int16([Int16])
    /// Type 0x0C.
    case int32([Int32])
    /// Type 0x0D.
    case float32([Float])
    /// Type 0x0E.
    case float64([Double])
  }

  /// The sizes, outermost first; a size may be 0.
  public let sizes: [Int]
  /// The elements in row-major order.
  public let elements: Elements

  /// The elements as floats, whatever their type.
  public var floats: [Float] {
    switch elements {
    case .uint8(let values): values.map(Float.init)
    case .int8(let values): values.map(Float.init)
    case .int16(let values): values.map(Float.init)
    case .int32(let values): values.map(Float.init)
    case .float32(let values): values
    case .float64(let values): values.map(Float.init)
    }
  }

  /// Reads an IDX file, plain or gzipped.
  ///
  /// - Throws: ``DataFileError`` with the offset at which the file is wrong.
  public init(path: String) throws(DataFileError) {
    var reader = try ByteReader(path: path)
    try self.init(&reader)
  }

  init(_ reader: inout ByteReader) throws(DataFileError) {
    let magic = try reader.read(4, of: "the IDX magic number")
    guard magic[0] == 0 && magic[1] == 0 else {
      throw reader.malformed(
        at: 0, "An IDX file starts with two zero bytes; this one starts with \(magic[0]) and \(magic[1]).",
        advice: "It is not an IDX file.")
    }
    let widths: [UInt8: Int] = [0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8]
    guard let width = widths[magic[2]] else {
      throw reader.malformed(
        at: 2, "IDX has the element types 8, 9, 11, 12, 13 and 14, but not \(magic[2]).",
        advice: "It is not an IDX file.")
    }
    var sizes: [Int] = []
    for axis in 0..<Int(magic[3]) {
      let bytes = try reader.read(4, of: "the size of axis \(axis)")
      sizes.append(Int(ByteOrder.big.integer(bytes, at: 0, as: UInt32.self)))
    }
    guard let byteCount = byteCount(ofSizes: sizes, width: width) else {
      throw reader.malformed(
        at: 4, "The sizes \(sizes) have more elements than any file can hold.",
        advice: "The header is damaged: get the file again.")
    }
    let bytes = try reader.read(byteCount, of: "the elements of an array of sizes \(sizes)")
    try reader.expectEnd(after: "array")
    self.sizes = sizes
    elements =
      switch magic[2] {
      case 0x08: .uint8(bytes)
      case 0x09: .int8(bytes.map { Int8(bitPattern: $0) })
      case 0x0B: .int16(ByteOrder.big.integers(bytes))
      case 0x0C: .int32(ByteOrder.big.integers(bytes))
      case 0x0D: .float32(ByteOrder.big.floats(bytes))
      default: .float64(ByteOrder.big.doubles(bytes))
      }
  }
}
