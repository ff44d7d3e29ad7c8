import KernelCore
import Martlet
import Testing

@testable import Kernels

/// Every instruction set that this processor can run.
let sets: [KernelSet] = InstructionSet.allCases.filter(\.isSupported).compactMap(Kernel.kernels(for:))

extension KernelSet: CustomTestStringConvertible {
  /// The instruction set.
  public var testDescription: String { name }
}

/// Memory for one kernel call: poisoned, with guard zones of a known value on both sides.
struct Guarded {
  static let zone = 32
  private static let mark: Float = 12_345.678
  private var storage: [Float]
  let count: Int

  init(_ count: Int) {
    self.count = count
    storage = Array(repeating: Self.mark, count: count + 2 * Self.zone)
    for index in 0..<count { storage[Self.zone + index] = .nan }
  }

  mutating func withPointer(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    storage.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { body(start + Self.zone) }
    }
  }

  var values: [Float] { Array(storage[Self.zone..<Self.zone + count]) }
  var isIntact: Bool { (storage.prefix(Self.zone) + storage.suffix(Self.zone)).allSatisfy { $0 == Self.mark } }
}

/// Whole numbers −2…2: products and sums of them are exact, so fast and naive kernels must agree to the last bit.
func integers(_ count: Int, _ name: String) -> [Float] {
  let source = RandomSource(seed: 21).stream(name)
  return (0..<count).map { Float(source.integer(below: 5, at: $0)) - 2 }
}

/// Reads beside what a kernel may read bring in NaN, which no sum survives.
func surrounded(_ values: [Float], _ body: (UnsafePointer<Float>) -> Void) {
  let zone = [Float](repeating: .nan, count: Guarded.zone)
  (zone + values + zone).withUnsafeBufferPointer { buffer in
    if let start = buffer.baseAddress { body(start + Guarded.zone) }
  }
}
