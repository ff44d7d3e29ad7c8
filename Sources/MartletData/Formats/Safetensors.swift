import Foundation
public import Martlet

/// Reads and writes parameters as safetensors, the format that PyTorch users exchange weights in.
///
/// Eight bytes of little-endian header length, a JSON header with each tensor's type, shape and place, and the tensors'
/// bytes. Source: <https://github.com/huggingface/safetensors>
///
/// ```swift
/// let weights = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
/// try FileWriting.write(Safetensors.bytes(of: weights), to: path)
/// print(try Safetensors.read(path: path, like: weights) == weights)  // true
/// ```
public enum Safetensors {
  /// A tensor out of a file.
  public struct Tensor: Sendable, Equatable {
    /// The sizes, outermost first.
    public let sizes: [Int]
    /// The elements in row-major order.
    public let values: [Float]
  }

  /// The bytes of a file with these parameters.
  public static func bytes(of parameters: Parameters) -> [UInt8] {
    // The header is written by hand so that the tensors stay in their order; JSON objects have none.
    var parts = ["\"__metadata__\":{\"format\":\"pt\"}"]
    for entry in parameters.entries {
      let sizes = entry.shape.dimensions.map(String.init).joined(separator: ",")
      parts.append(
        "\(quoted(entry.name)):{\"dtype\":\"F32\",\"shape\":[\(sizes)],"
          + "\"data_offsets\":[\(entry.offset * 4),\((entry.offset + entry.shape.count) * 4)]}")
    }
    var header = Array("{\(parts.joined(separator: ","))}".utf8)
    header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return ByteOrder.little.bytes(UInt64(header.count)) + header
      + parameters.values.flatMap { ByteOrder.little.bytes($0.bitPattern) }
  }

  /// All tensors of the file at `path`, of type F32, F64 or BF16; the counters of PyTorch's batch normalisation are left out.
  ///
  /// - Throws: ``DataFileError`` with the offset at which the file is wrong.
  public static func read(path: String) throws(DataFileError) -> [String: Tensor] {
    var reader = try ByteReader(path: path)
    return try tensors(readHeader(&reader), &reader)
  }

  /// Reads the file at `path` into parameters of the names and shapes of `expected`.
  ///
  /// - Throws: ``DataFileError`` that names a tensor that is missing, unknown, of another shape, or not finite.
  public static func read(path: String, like expected: Parameters) throws(DataFileError) -> Parameters {
    var reader = try ByteReader(path: path)
    // Names and shapes first: a file that does not fit is not read any further.
    let entries = try readHeader(&reader)
    func malformed(_ reason: String, _ advice: String) -> DataFileError {
      DataFileError(.malformed, path: path, reason: reason, advice: advice)
    }
    let advice = "These weights belong to another model, or to images of another size."
    if let unknown = entries.first(where: { expected.entry($0.name) == nil && !isCounter($0.name) }) {
      let names = expected.entries.map(\.name).joined(separator: ", ")
      throw malformed("There is a tensor '\(unknown.name)', which the model does not have; it has \(names).", advice)
    }
    for entry in expected.entries {
      guard let found = entries.first(where: { $0.name == entry.name }) else {
        throw malformed("The tensor '\(entry.name)' is missing.", advice)
      }
      guard found.sizes == entry.shape.dimensions else {
        throw malformed("'\(entry.name)' has the sizes \(found.sizes), but the model's have \(entry.shape).", advice)
      }
    }
    var parameters = expected
    for (name, tensor) in try tensors(entries, &reader) {
      guard tensor.values.allSatisfy(\.isFinite) else {
        throw malformed("'\(name)' has elements that are not finite numbers.", "Its training has diverged.")
      }
      parameters[name] = tensor.values
    }
    return parameters
  }

  /// What the header says about a tensor.
  private struct Entry {
    let name: String
    let type: String
    let sizes: [Int]
    let place: Range<Int>
  }

  private static let widths = ["F32": 4, "F64": 8, "BF16": 2]

  /// Whether it is a whole number that PyTorch saves beside running statistics, and that nothing here depends on.
  private static func isCounter(_ name: String) -> Bool { name.split(separator: ".").last == "num_batches_tracked" }

  /// The header's entries in the order of their places, which follow one another without gaps.
  private static func readHeader(_ reader: inout ByteReader) throws(DataFileError) -> [Entry] {
    let length = ByteOrder.little.integer(try reader.read(8, of: "the header's length"), at: 0, as: UInt64.self)
    guard length <= 100_000_000 else {
      throw reader.malformed(
        at: 0, "The header's length is \(length), more than the format allows (100,000,000).",
        advice: "It is not a safetensors file.")
    }
    let header = try reader.read(Int(length), of: "the header")
    let advice = "Save the weights again with safetensors.torch.save_file."
    guard let object = try? JSONSerialization.jsonObject(with: Data(header)), let values = object as? [String: Any]
    else { throw reader.malformed(at: 8, "The header is not a JSON object.", advice: advice) }
    var entries: [Entry] = []
    for (name, value) in values where name != "__metadata__" {
      guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
        let sizes = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
      else {
        throw reader.malformed(
          at: 8, "The entry '\(name)' lacks one of dtype, shape and data_offsets.", advice: advice)
      }
      guard let width = widths[type] ?? (isCounter(name) && type == "I64" ? 8 : nil) else {
        throw reader.malformed(
          at: 8, "'\(name)' has the type \(type); F32, F64 and BF16 can be read.", advice: advice)
      }
      guard let byteCount = byteCount(ofSizes: sizes, width: width) else {
        throw reader.malformed(at: 8, "'\(name)' has the impossible shape \(sizes).", advice: advice)
      }
      let (end, overflow) = offsets[0].addingReportingOverflow(byteCount)
      guard offsets[0] >= 0, !overflow, end == offsets[1] else {
        throw reader.malformed(
          at: 8,
          "'\(name)' of shape \(sizes) needs \(byteCount) bytes, but its place is \(offsets[0])..<\(offsets[1]).",
          advice: advice)
      }
      entries.append(Entry(name: name, type: type, sizes: sizes, place: offsets[0]..<end))
    }
    entries.sort { ($0.place.lowerBound, $0.place.upperBound) < ($1.place.lowerBound, $1.place.upperBound) }
    var end = 0
    for entry in entries {
      guard entry.place.lowerBound == end else {
        throw reader.malformed(
          at: 8, "'\(entry.name)' starts at byte \(entry.place.lowerBound) of the tensors, where \(end) was expected.",
          advice: advice)
      }
      end = entry.place.upperBound
    }
    return entries
  }

  /// The tensors themselves, which are all that is left of the file.
  private static func tensors(
    _ entries: [Entry], _ reader: inout ByteReader
  ) throws(DataFileError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for entry in entries {
      let bytes = try reader.read(entry.place.count, of: "'\(entry.name)'")
      if isCounter(entry.name) { continue }
      let values: [Float] =
        switch entry.type {
        case "F32": ByteOrder.little.floats(bytes)
        case "F64": ByteOrder.little.doubles(bytes).map(Float.init)
        default: ByteOrder.little.integers(bytes, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        }
      tensors[entry.name] = Tensor(sizes: entry.sizes, values: values)
    }
    try reader.expectEnd(after: "last tensor")
    return tensors
  }

  private static func quoted(_ name: String) -> String {
    let escaped = name.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case _ where scalar.value < 0x20:
        "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
          + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}
