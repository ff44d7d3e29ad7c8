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

/// Four lanes: SSE2 on x86-64, NEON on arm64.
public struct FourLanes: KernelVector {
  @usableFromInline var value: SIMD4<Float>

  @inlinable @inline(__always)
  init(value: SIMD4<Float>) { self.value = value }

  @inlinable public static var laneCount: Int { @inline(__always) get { 4 } }

  @inlinable public static var zero: Self { @inline(__always) get { Self(value: .zero) } }

  @inlinable @inline(__always)
  public init(repeating value: Float) { self.value = SIMD4(repeating: value) }

  @inlinable @inline(__always)
  public init(loading source: UnsafePointer<Float>) {
    value = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inlinable @inline(__always)
  public func store(to destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: value, as: SIMD4<Float>.self)
  }

  @inlinable @inline(__always)
  public func addingProduct(_ a: Self, _ b: Self) -> Self {
    #if arch(x86_64)
      // SSE2 has no fused form: `addProduct` would become four calls into the C library.
      Self(value: value + a.value * b.value)
    #else
      Self(value: value.addingProduct(a.value, b.value))
    #endif
  }

  @inlinable @inline(__always)
  public func adding(_ other: Self) -> Self { Self(value: value + other.value) }

  @inlinable @inline(__always)
  public func subtracting(_ other: Self) -> Self { Self(value: value - other.value) }

  @inlinable @inline(__always)
  public func multiplied(by other: Self) -> Self { Self(value: value * other.value) }

  @inlinable @inline(__always)
  public func divided(by other: Self) -> Self { Self(value: value / other.value) }

  @inlinable @inline(__always)
  public static func select(_ first: Self, _ second: Self, where value: Self, isBelow bound: Self) -> Self {
    // Masks' operators work on whole registers; `replacing`, and `&` of numbers, go lane by lane, and may stay that way.
    let mask = value.value .< bound.value
    let (first, second) = (
      unsafeBitCast(first.value, to: SIMDMask<SIMD4<Int32>>.self),
      unsafeBitCast(second.value, to: SIMDMask<SIMD4<Int32>>.self)
    )
    return Self(value: unsafeBitCast(first .& mask .| second .& .!mask, to: SIMD4<Float>.self))
  }

  @inlinable public var powerOfTwo: Self {
    @inline(__always) get {
      // The sum's last bits are n + 127, which is the exponent; a product moves them to its place.
      let sum = unsafeBitCast(value + SIMD4(repeating: roundingOffset + 127), to: SIMD4<UInt32>.self)
      return Self(value: unsafeBitCast(sum &* SIMD4(repeating: 1 << 23), to: SIMD4<Float>.self))
    }
  }

  @inlinable public subscript(lane: Int) -> Float { @inline(__always) get { value[lane] } }

  @inlinable public var laneSum: Float {
    @inline(__always) get {
      let pairs = value.lowHalf + value.highHalf
      return pairs[0] + pairs[1]
    }
  }

  @inlinable public var rectified: Self {
    @inline(__always) get { Self(value: value.replacing(with: 0, where: value .< 0)) }
  }

  @inlinable @inline(__always)
  public func rectifiedGradient(of input: Self) -> Self {
    Self(value: value.replacing(with: 0, where: input.value .<= 0))
  }

  @inlinable @inline(__always)
  public static func deinterleaved(_ first: Self, _ second: Self) -> (even: Self, odd: Self) {
    let both = SIMD8(lowHalf: first.value, highHalf: second.value)
    return (Self(value: both.evenHalf), Self(value: both.oddHalf))
  }

  @inlinable @inline(__always)
  public static func firstMaximum(_ a: Self, _ b: Self, _ c: Self, _ d: Self) -> (maximum: Self, position: Self) {
    var (maximum, position) = (a.value, SIMD4<UInt32>.zero)
    let second = b.value .> maximum .| b.value .!= b.value
    maximum.replace(with: b.value, where: second)
    position.replace(with: 1, where: second)
    let third = c.value .> maximum .| c.value .!= c.value
    maximum.replace(with: c.value, where: third)
    position.replace(with: 2, where: third)
    let fourth = d.value .> maximum .| d.value .!= d.value
    maximum.replace(with: d.value, where: fourth)
    position.replace(with: 3, where: fourth)
    return (Self(value: maximum), Self(value: unsafeBitCast(position, to: SIMD4<Float>.self)))
  }

  @inlinable @inline(__always)
  public static func maximum(
    _ first: (maximum: Self, position: Self), _ second: (maximum: Self, position: Self)
  ) -> (maximum: Self, position: Self) {
    let wins = second.maximum.value .> first.maximum.value .| second.maximum.value .!= second.maximum.value
    return (
      Self(value: first.maximum.value.replacing(with: second.maximum.value, where: wins)),
      Self(value: first.position.value.replacing(with: second.position.value, where: wins))
    )
  }
}

/// What tells apart the code that is made of one register for two instruction sets. Without it, both targets would have functions of the
/// same name, and the linker would take either for all processors.
public enum AVX2 {}
public enum AVX512 {}

/// Eight lanes with fused multiply-add: AVX2 and FMA. Only for targets compiled with those instructions.
public struct EightLanes<InstructionSet>: KernelVector {
  @usableFromInline var value: SIMD8<Float>

  @inlinable @inline(__always)
  init(value: SIMD8<Float>) { self.value = value }

  @inlinable public static var laneCount: Int { @inline(__always) get { 8 } }

  @inlinable public static var zero: Self { @inline(__always) get { Self(value: .zero) } }

  @inlinable @inline(__always)
  public init(repeating value: Float) { self.value = SIMD8(repeating: value) }

  @inlinable @inline(__always)
  public init(loading source: UnsafePointer<Float>) {
    value = UnsafeRawPointer(source).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inlinable @inline(__always)
  public func store(to destination: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(destination).storeBytes(of: value, as: SIMD8<Float>.self)
  }

  @inlinable @inline(__always)
  public func addingProduct(_ a: Self, _ b: Self) -> Self { Self(value: value.addingProduct(a.value, b.value)) }

  @inlinable @inline(__always)
  public func adding(_ other: Self) -> Self { Self(value: value + other.value) }

  @inlinable @inline(__always)
  public func subtracting(_ other: Self) -> Self { Self(value: value - other.value) }

  @inlinable @inline(__always)
  public func multiplied(by other: Self) -> Self { Self(value: value * other.value) }

  @inlinable @inline(__always)
  public func divided(by other: Self) -> Self { Self(value: value / other.value) }

  @inlinable @inline(__always)
  public static func select(_ first: Self, _ second: Self, where value: Self, isBelow bound: Self) -> Self {
    // Masks' operators work on whole registers; `replacing`, and `&` of numbers, go lane by lane, and may stay that way.
    let mask = value.value .< bound.value
    let (first, second) = (
      unsafeBitCast(first.value, to: SIMDMask<SIMD8<Int32>>.self),
      unsafeBitCast(second.value, to: SIMDMask<SIMD8<Int32>>.self)
    )
    return Self(value: unsafeBitCast(first .& mask .| second .& .!mask, to: SIMD8<Float>.self))
  }

  @inlinable public var powerOfTwo: Self {
    @inline(__always) get {
      // The sum's last bits are n + 127, which is the exponent; a product moves them to its place.
      let sum = unsafeBitCast(value + SIMD8(repeating: roundingOffset + 127), to: SIMD8<UInt32>.self)
      return Self(value: unsafeBitCast(sum &* SIMD8(repeating: 1 << 23), to: SIMD8<Float>.self))
    }
  }

  @inlinable public subscript(lane: Int) -> Float { @inline(__always) get { value[lane] } }

  @inlinable public var laneSum: Float {
    @inline(__always) get {
      let quarters = value.lowHalf + value.highHalf
      let pairs = quarters.lowHalf + quarters.highHalf
      return pairs[0] + pairs[1]
    }
  }

  @inlinable public var rectified: Self {
    @inline(__always) get { Self(value: value.replacing(with: 0, where: value .< 0)) }
  }

  @inlinable @inline(__always)
  public func rectifiedGradient(of input: Self) -> Self {
    Self(value: value.replacing(with: 0, where: input.value .<= 0))
  }

  @inlinable @inline(__always)
  public static func deinterleaved(_ first: Self, _ second: Self) -> (even: Self, odd: Self) {
    let both = SIMD16(lowHalf: first.value, highHalf: second.value)
    return (Self(value: both.evenHalf), Self(value: both.oddHalf))
  }

  @inlinable @inline(__always)
  public static func firstMaximum(_ a: Self, _ b: Self, _ c: Self, _ d: Self) -> (maximum: Self, position: Self) {
    var (maximum, position) = (a.value, SIMD8<UInt32>.zero)
    let second = b.value .> maximum .| b.value .!= b.value
    maximum.replace(with: b.value, where: second)
    position.replace(with: 1, where: second)
    let third = c.value .> maximum .| c.value .!= c.value
    maximum.replace(with: c.value, where: third)
    position.replace(with: 2, where: third)
    let fourth = d.value .> maximum .| d.value .!= d.value
    maximum.replace(with: d.value, where: fourth)
    position.replace(with: 3, where: fourth)
    return (Self(value: maximum), Self(value: unsafeBitCast(position, to: SIMD8<Float>.self)))
  }

  @inlinable @inline(__always)
  public static func maximum(
    _ first: (maximum: Self, position: Self), _ second: (maximum: Self, position: Self)
  ) -> (maximum: Self, position: Self) {
    let wins = second.maximum.value .> first.maximum.value .| second.maximum.value .!= second.maximum.value
    return (
      Self(value: first.maximum.value.replacing(with: second.maximum.value, where: wins)),
      Self(value: first.position.value.replacing(with: second.position.value, where: wins))
    )
  }
}
