// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

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
