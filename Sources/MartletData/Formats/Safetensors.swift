import Foundation
public import Martlet

/// Reads and writes parameters as safetensors, the format that PyTorch users exchange weights in.
///
/// Eight bytes of little-endian header length, a JSON header with each tensor's type, shape and place, and the tensors'
/// bytes. Source: <https://github.com/huggingface/safetensors>
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

  /// All tensors of the file at `path`, of type F32, F64 or BF16.
  ///
  /// - Throws: ``DataFileError`` with the offset at which the file is wrong.
  public static func read(path: String) throws(DataFileError) -> [String: Tensor] {
    var reader = try ByteReader(path: path)
    let length = ByteOrder.little.integer(try reader.read(8, of: "the header's length"), at: 0, as: UInt64.self)
    guard length <= 100_000_000 else {
      throw reader.malformed(
        at: 0, "The header's length is \(length), more than the format allows (100,000,000).",
        advice: "It is not a safetensors file.")
    }
    let header = try reader.read(Int(length), of: "the header")
    let body = try reader.readToEnd()
    func malformed(_ reason: String) -> DataFileError {
      reader.malformed(at: 8, reason, advice: "Save the weights again with safetensors.torch.save_file.")
    }
    guard let object = try? JSONSerialization.jsonObject(with: Data(header)), let entries = object as? [String: Any]
    else { throw malformed("The header is not a JSON object.") }
    var tensors: [String: Tensor] = [:]
    for (name, value) in entries where name != "__metadata__" {
      guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
        let sizes = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
      else { throw malformed("The entry '\(name)' lacks one of dtype, shape and data_offsets.") }
      guard let width = ["F32": 4, "F64": 8, "BF16": 2][type] else {
        throw malformed("'\(name)' has the type \(type); F32, F64 and BF16 can be read.")
      }
      var byteCount = width
      for size in sizes {
        let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow else { throw malformed("'\(name)' has the impossible shape \(sizes).") }
        byteCount = product
      }
      guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= body.count,
        offsets[1] - offsets[0] == byteCount
      else {
        throw malformed(
          "'\(name)' of shape \(sizes) needs \(byteCount) bytes, but its place is \(offsets[0])..<\(offsets[1]) of "
            + "\(body.count).")
      }
      let bytes = Array(body[offsets[0]..<offsets[1]])
      let values: [Float] =
        switch type {
        case "F32": ByteOrder.little.floats(bytes)
        case "F64": ByteOrder.little.doubles(bytes).map(Float.init)
        default: ByteOrder.little.integers(bytes, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        }
      tensors[name] = Tensor(sizes: sizes, values: values)
    }
    return tensors
  }

  /// Reads the file at `path` into parameters of the names and shapes of `expected`.
  ///
  /// - Throws: ``DataFileError`` that names a tensor that is missing, unknown, or of another shape.
  public static func read(path: String, like expected: Parameters) throws(DataFileError) -> Parameters {
    let tensors = try read(path: path)
    let advice = "These weights belong to another model, or to images of another size."
    func malformed(_ reason: String) -> DataFileError {
      DataFileError(.malformed, path: path, reason: reason, advice: advice)
    }
    if let unknown = tensors.keys.sorted().first(where: { expected.entry($0) == nil }) {
      let names = expected.entries.map(\.name).joined(separator: ", ")
      throw malformed("There is a tensor '\(unknown)', which the model does not have; it has \(names).")
    }
    var parameters = expected
    for entry in expected.entries {
      guard let tensor = tensors[entry.name] else { throw malformed("The tensor '\(entry.name)' is missing.") }
      guard tensor.sizes == entry.shape.dimensions else {
        throw malformed("'\(entry.name)' has the sizes \(tensor.sizes), but the model's have \(entry.shape).")
      }
      parameters[entry.name] = tensor.values
    }
    return parameters
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
