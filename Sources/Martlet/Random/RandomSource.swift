import Requirements

/// Random numbers that depend on a seed, a stream and a position alone.
///
/// There is no hidden state: the same seed, stream and index give the same number, whatever was asked for before. So
/// the weights of a layer depend on the seed and the layer's name, and not on the layers around it.
///
/// ```swift
/// let source = RandomSource(seed: 1).stream("fc1.weight")
/// print(source.uniform(at: 0) == source.uniform(at: 0))  // true
/// ```
public struct RandomSource: Sendable {
  /// The seed.
  public let seed: UInt64
  private let streamHash: UInt64

  /// The root stream of a seed.
  public init(seed: UInt64) {
    self.init(seed: seed, streamHash: 0xCBF2_9CE4_8422_2325)
  }

  private init(seed: UInt64, streamHash: UInt64) {
    self.seed = seed
    self.streamHash = streamHash
  }

  /// The stream of that name, below this one.
  public func stream(_ name: String) -> RandomSource {
    RandomSource(seed: seed, streamHash: hash(name.utf8))
  }

  /// The stream of that number, below this one.
  public func stream(_ number: Int) -> RandomSource {
    // Little-endian bytes, also of numbers below 0.
    RandomSource(seed: seed, streamHash: hash((0..<8).lazy.map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }))
  }

  /// FNV-1a over the bytes, from this stream's own hash on; a byte that no text contains ends each name.
  private func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash = streamHash
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
  }

  /// The random word at `index`.
  public func word(at index: Int) -> UInt32 { words(at: index / 4)[index % 4] }

  /// The four random words at `4·block` to `4·block + 3`.
  public func words(at block: Int) -> SIMD4<UInt32> {
    let block = UInt64(bitPattern: Int64(block))
    return Philox.words(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
        UInt32(truncatingIfNeeded: streamHash), UInt32(truncatingIfNeeded: streamHash >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// A number in 0 ..< 1, a multiple of 2⁻²⁴, at `index`.
  public func uniform(at index: Int) -> Float { Float(word(at: index) >> 8) * 0x1p-24 }

  /// A whole number in 0 ..< `bound`, at `index`. Uses the words 2·`index` and 2·`index` + 1.
  public func integer(below bound: Int, at index: Int) -> Int {
    require(bound >= 1, "The bound of a random number must be at least 1, not \(bound).")
    let four = words(at: index / 2)
    let half = index % 2 * 2
    let word = UInt64(four[half]) | UInt64(four[half + 1]) << 32
    return Int(word.multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The numbers 0 ..< `count` in random order (Fisher and Yates).
  public func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1, at: last))
    }
    return order
  }
}
