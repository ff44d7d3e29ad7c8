import Requirements

/// An array out of NumPy's `.npy` file.
///
/// Versions 1.0 to 3.0; little-endian `f4`, `f8`, `i4` and `i8`; C order. Source:
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
///
/// ```swift
/// let array = NPYArray(sizes: [2, 2], floats: [0.5, 0.5, 0.1, 0.9])
/// print(array.fileBytes.count)  // 144
/// ```
public struct NPYArray: Sendable, Equatable {
  /// The elements, in the type that the file has.
  public enum Elements: Sendable, Equatable {
    /// `<f4`.
    case float32([Float])
    /// `<f8`.
    case float64([Double])
    /// `<i4`.
    case int32([Int32])
    /// `<i8`.
    case int64([Int64])
  }

  /// The sizes, outermost first; a size may be 0.
  public let sizes: [Int]
  /// The elements in row-major order.
  public let elements: Elements

  /// An array of floats.
  public init(sizes: [Int], floats: [Float]) {
    require(
      floats.count == sizes.reduce(1, *), "Sizes \(sizes) do not fit \(floats.count) elements.")
    self.sizes = sizes
    elements = .float32(floats)
  }

  /// An array of whole numbers.
  public init(sizes: [Int], integers: [Int32]) {
    require(
      integers.count == sizes.reduce(1, *), "Sizes \(sizes) do not fit \(integers.count) elements.")
    self.sizes = sizes
    elements = .int32(integers)
  }

  /// The elements as floats, whatever their type.
  public var floats: [Float] {
    switch elements {
    case .float32(let values): values
    case .float64(let values): values.map(Float.init)
    case .int32(let values): values.map(Float.init)
    case .int64(let values): values.map(Float.init)
    }
  }

  /// Reads an `.npy` file, plain or gzipped.
  ///
  /// - Throws: ``DataFileError`` with the offset at which the file is wrong.
  public init(path: String) throws(DataFileError) {
    var reader = try ByteReader(path: path)
    try self.init(&reader)
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  init(_ reader: inout ByteReader) throws(DataFileError) {
    let start = try reader.read(8, of: "the .npy magic number and version")
    guard start.starts(with: Self.magic) else {
      throw reader.malformed(at: 0, "An .npy file starts with \\x93NUMPY.", advice: "It is not an .npy file.")
    }
    guard (1...3).contains(start[6]), start[7] == 0 else {
      throw reader.malformed(
        at: 6, "This is version \(start[6]).\(start[7]) of the format; 1.0, 2.0 and 3.0 can be read.",
        advice: "Save it again with numpy.save.")
    }
    let lengthWidth = start[6] == 1 ? 2 : 4
    let lengthBytes = try reader.read(lengthWidth, of: "the header's length")
    let length =
      lengthWidth == 2
      ? Int(ByteOrder.little.integer(lengthBytes, at: 0, as: UInt16.self))
      : Int(ByteOrder.little.integer(lengthBytes, at: 0, as: UInt32.self))
    guard length <= 1 << 20 else {
      throw reader.malformed(
        at: 8, "The header's length is \(length); that of an array of numbers is below 1 MB.",
        advice: "Save it again with numpy.save.")
    }
    let text = String(decoding: try reader.read(length, of: "the header"), as: UTF8.self)
    let header: NPYHeader
    do throws(NPYHeader.Failure) {
      header = try NPYHeader(text)
    } catch {
      throw reader.malformed(at: 8 + lengthWidth, error.reason, advice: "Save it again with numpy.save.")
    }
    guard !header.isFortranOrder else {
      throw reader.malformed(
        at: 8 + lengthWidth, "The array is in Fortran order; C order was expected.",
        advice: "Save numpy.ascontiguousarray(array) instead.")
    }
    let widths = ["<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8]
    guard let width = widths[header.description] else {
      throw reader.malformed(
        at: 8 + lengthWidth, "The elements are '\(header.description)'; '<f4', '<f8', '<i4' and '<i8' can be read.",
        advice: "Save array.astype('<f4') instead.")
    }
    guard let byteCount = byteCount(ofSizes: header.sizes, width: width) else {
      throw reader.malformed(
        at: 8 + lengthWidth, "The sizes \(header.sizes) have more elements than any file can hold.",
        advice: "The header is damaged: save it again with numpy.save.")
    }
    let bytes = try reader.read(byteCount, of: "the elements of an array of sizes \(header.sizes)")
    try reader.expectEnd(after: "array")
    sizes = header.sizes
    elements =
      switch header.description {
      case "<f4": .float32(ByteOrder.little.floats(bytes))
      case "<f8": .float64(ByteOrder.little.doubles(bytes))
      case "<i4": .int32(ByteOrder.little.integers(bytes))
      default: .int64(ByteOrder.little.integers(bytes))
      }
  }

  /// The array as the bytes of an `.npy` file of version 1.0.
  public var fileBytes: [UInt8] {
    let (description, body): (String, [UInt8]) =
      switch elements {
      case .float32(let values): ("<f4", values.flatMap { ByteOrder.little.bytes($0.bitPattern) })
      case .float64(let values): ("<f8", values.flatMap { ByteOrder.little.bytes($0.bitPattern) })
      case .int32(let values): ("<i4", values.flatMap { ByteOrder.little.bytes($0) })
      case .int64(let values): ("<i8", values.flatMap { ByteOrder.little.bytes($0) })
      }
    let shape = sizes.map(String.init).joined(separator: ", ") + (sizes.count == 1 ? "," : "")
    var header = Array("{'descr': '\(description)', 'fortran_order': False, 'shape': (\(shape)), }".utf8)
    // The elements start at a multiple of 64, behind a newline.
    let padding = 63 - (Self.magic.count + 4 + header.count) % 64
    header += Array(repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    return Self.magic + [1, 0] + ByteOrder.little.bytes(UInt16(header.count)) + header + body
  }
}
