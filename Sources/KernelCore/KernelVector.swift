// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A register of `Float` lanes: the one thing that differs between the instruction sets.
///
/// Every kernel is generic over this protocol and is compiled once for each conforming type, in a target of its own.
public protocol KernelVector: Sendable {
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

  /// The sum of all lanes, in a fixed order.
  var laneSum: Float { get }
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

  @inlinable public var laneSum: Float {
    @inline(__always) get {
      let pairs = value.lowHalf + value.highHalf
      return pairs[0] + pairs[1]
    }
  }
}

/// Eight lanes with fused multiply-add: AVX2 and FMA. Only for targets compiled with those instructions.
public struct EightLanes: KernelVector {
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

  @inlinable public var laneSum: Float {
    @inline(__always) get {
      let quarters = value.lowHalf + value.highHalf
      let pairs = quarters.lowHalf + quarters.highHalf
      return pairs[0] + pairs[1]
    }
  }
}
