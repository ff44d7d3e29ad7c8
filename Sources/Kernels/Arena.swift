import Requirements

/// A run of floats in an arena.
public struct ArenaBuffer: Sendable, Equatable {
  /// Where it starts, in floats.
  public let offset: Int
  /// How many floats it has.
  public let count: Int

  /// No floats at all.
  public static let empty = ArenaBuffer(offset: 0, count: 0)

  /// Whether it has no floats.
  public var isEmpty: Bool { count == 0 }

  /// A part of this buffer.
  public func part(_ range: Range<Int>) -> ArenaBuffer {
    require(range.lowerBound >= 0 && range.upperBound <= count, "\(range) is not inside a buffer of \(count).")
    return ArenaBuffer(offset: offset + range.lowerBound, count: range.count)
  }

  /// Row `rows` of a buffer whose rows have `width` elements.
  public func rows(_ rows: Range<Int>, width: Int) -> ArenaBuffer {
    part(rows.lowerBound * width..<rows.upperBound * width)
  }
}

/// Adds up what an arena must hold, before it is allocated.
public struct ArenaLayout: Sendable {
  /// The floats reserved so far.
  public private(set) var count = 0

  /// An empty layout.
  public init() {}

  /// Reserves `count` floats, starting at a cache line.
  public mutating func reserve(_ count: Int) -> ArenaBuffer {
    require(count >= 0, "A buffer cannot have \(count) elements.")
    let buffer = ArenaBuffer(offset: self.count, count: count)
    let (end, overflow) = self.count.addingReportingOverflow((count + 15) / 16 * 16)
    require(!overflow, "The arena is larger than the address space.")
    self.count = end
    return buffer
  }
}

/// One block of memory for all activations, gradients, parameters and optimizer state of a plan.
///
/// It hands out spans of its buffers. The arena cannot know which thread reads or writes which buffer: whoever shares
/// one among threads makes sure that a buffer is written by one thread at a time, with a barrier before others read it.
/// That is also why it is `@unchecked Sendable`.
public final class Arena: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Float>
  /// The floats it holds.
  public let count: Int

  /// Allocates what `layout` reserved, all zero.
  public init(_ layout: ArenaLayout) {
    count = layout.count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(64, layout.count * 4), alignment: 64)
    base = raw.initializeMemory(as: Float.self, repeating: 0, count: layout.count)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// The elements of `buffer`, to read.
  @_lifetime(borrow self)
  public func span(_ buffer: ArenaBuffer) -> Span<Float> {
    check(buffer)
    let span = unsafe Span(_unsafeStart: UnsafePointer(base + buffer.offset), count: buffer.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The elements of `buffer`, to write.
  @_lifetime(borrow self)
  public func mutableSpan(_ buffer: ArenaBuffer) -> MutableSpan<Float> {
    check(buffer)
    let span = unsafe MutableSpan(_unsafeStart: base + buffer.offset, count: buffer.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  private func check(_ buffer: ArenaBuffer) {
    require(
      buffer.offset >= 0 && buffer.count >= 0 && buffer.offset + buffer.count <= count,
      "The buffer belongs to another arena.")
  }
}
