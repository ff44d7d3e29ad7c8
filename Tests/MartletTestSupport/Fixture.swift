// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Foundation

/// Reads the committed reference values of a test bundle.
public enum Fixture {
  /// The decoded contents of `name` in the bundle's `Fixtures`.
  public static func load<Value: Decodable>(_ name: String, from bundle: Bundle) throws -> Value {
    let url = bundle.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name)
    return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
  }
}

/// Numbers of a fixture, in which `"nan"`, `"inf"` and `"-inf"` stand for what JSON has no word for.
public struct Numbers: Decodable, Sendable {
  /// The numbers as they were computed.
  public let doubles: [Double]
  /// The numbers in single precision.
  public var floats: [Float] { doubles.map(Float.init) }
  /// The numbers as whole ones.
  public var integers: [Int] { doubles.map { Int($0) } }

  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    var doubles: [Double] = []
    while !container.isAtEnd {
      if let number = try? container.decode(Double.self) {
        doubles.append(number)
      } else {
        let word = try container.decode(String.self)
        guard let number = Double(word) else {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(word)' is not a number.")
        }
        doubles.append(number)
      }
    }
    self.doubles = doubles
  }
}

/// The largest difference between two runs of numbers, relative to the largest expected magnitude; 0 for none, and
/// infinite if the counts differ or a NaN or infinity stands alone.
public func relativeError(_ found: [Float], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = max(expected.lazy.filter(\.isFinite).map(abs).max() ?? 0, 1e-30)
  var worst = 0.0
  for (a, b) in zip(found, expected) {
    let a = Double(a)
    if a.isNaN && b.isNaN || a == b { continue }
    let error = abs(a - b) / scale
    worst = max(worst, error.isNaN ? .infinity : error)
  }
  return worst
}
