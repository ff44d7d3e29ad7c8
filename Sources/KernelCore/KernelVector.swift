// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A register of `Float` lanes: the one thing that differs between the instruction sets.
///
/// Every kernel is generic over this protocol and is compiled once for each conforming type, in a target of its own.
public protocol KernelVector: Sendable {
  /// A register of half as many lanes for what would leave a whole one half empty, or this type itself.
  associatedtype Narrow: KernelVector = Self

  /// The number of floats in one register.
  static var laneCount: Int { get }

  /// All lanes zero.
  static var zero: Self { get }

  /// The same value in each lane.
  init(repeating value: Float)

  /// Reads `laneCount` floats; no alignment is asked for.
  init(loading source: UnsafePointer<Float>)

  /// Writes `laneCount` floats; no alignment is asked for.
  func store(to destination: UnsafeMutablePointer<Float>)

  /// `self + a·b` in each lane, rounded once or twice as the instruction set has it.
  func addingProduct(_ a: Self, _ b: Self) -> Self

  /// The sum in each lane.
  func adding(_ other: Self) -> Self

  /// The difference in each lane.
  func subtracting(_ other: Self) -> Self

  /// The product in each lane.
  func multiplied(by other: Self) -> Self

  /// The quotient in each lane.
  func divided(by other: Self) -> Self

  /// The lane of `first` where `value` is below `bound`, and that of `second` elsewhere, also where one of the two is NaN.
  static func select(_ first: Self, _ second: Self, where value: Self, isBelow bound: Self) -> Self

  /// 2ⁿ in each lane, for whole numbers n from −126 to 127; anything for others.
  var powerOfTwo: Self { get }

  /// One lane.
  subscript(lane: Int) -> Float { get }

  /// The sum of all lanes, in a fixed order.
  var laneSum: Float { get }

  /// 0 where a lane is below 0, and the lane elsewhere: a NaN stays a NaN.
  var rectified: Self { get }

  /// 0 where `input` is 0 or less, and the lane elsewhere.
  func rectifiedGradient(of input: Self) -> Self

  /// The even and the odd elements of two registers that follow each other.
  static func deinterleaved(_ first: Self, _ second: Self) -> (even: Self, odd: Self)

  /// In each lane, the maximum of four, and as a bit pattern which of them it is, 0 to 3: of equals the first, and a NaN
  /// wins over everything, the last NaN over the others.
  static func firstMaximum(_ a: Self, _ b: Self, _ c: Self, _ d: Self) -> (maximum: Self, position: Self)

  /// In each lane, the larger of two values with its position: of equals the first, and a NaN wins over everything.
  static func maximum(
    _ first: (maximum: Self, position: Self), _ second: (maximum: Self, position: Self)
  ) -> (maximum: Self, position: Self)
}

/// 1.5 · 2²³: a float from −2²² to 2²² that this is added to is rounded to a whole number.
@inlinable var roundingOffset: Float { @inline(__always) get { 12_582_912 } }

extension KernelVector {
  /// The nearest whole number in each lane, for lanes from −2²² to 2²².
  @inlinable var rounded: Self {
    @inline(__always) get {
      let offset = Self(repeating: roundingOffset)
      return adding(offset).subtracting(offset)
    }
  }

  /// The first `count` lanes from memory, and 0 in the others.
  @inlinable @inline(__always)
  init(loading source: UnsafePointer<Float>, count: Int) {
    var lanes = SIMD16<Float>.zero
    self = withUnsafeMutableBytes(of: &lanes) { bytes in
      let buffer = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
      for lane in 0..<count { buffer[lane] = source[lane] }
      return Self(loading: buffer)
    }
  }

  /// Writes the first `count` lanes.
  @inlinable @inline(__always)
  func store(to destination: UnsafeMutablePointer<Float>, count: Int) {
    for lane in 0..<count { destination[lane] = self[lane] }
  }
}
