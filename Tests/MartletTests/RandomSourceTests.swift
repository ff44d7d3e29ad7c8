import Testing

@testable import Martlet

@Suite("Random source")
struct RandomSourceTests {
  /// The known answers that the authors of Philox publish for philox4x32-10.
  @Test("Philox gives its published answers")
  func philox() {
    let all = UInt32.max
    #expect(
      Philox.words(counter: .zero, key: .zero)
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      Philox.words(counter: SIMD4(repeating: all), key: SIMD2(repeating: all))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      Philox.words(
        counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test("numbers depend on seed, stream and index, and on nothing else")
  func streams() {
    let source = RandomSource(seed: 1)
    #expect(source.word(at: 17) == RandomSource(seed: 1).word(at: 17))
    let words = [
      source.word(at: 0), source.word(at: 1), RandomSource(seed: 2).word(at: 0), source.stream("a").word(at: 0),
      source.stream("b").word(at: 0), source.stream("a").stream("b").word(at: 0), source.stream("ab").word(at: 0),
      source.stream(1).word(at: 0), source.stream(2).word(at: 0),
    ]
    #expect(Set(words).count == words.count)
  }

  @Test("uniform numbers fill 0 ..< 1 evenly")
  func uniform() {
    let source = RandomSource(seed: 3)
    var counts = Array(repeating: 0, count: 10)
    for index in 0..<100_000 {
      let value = source.uniform(at: index)
      #expect(value >= 0 && value < 1)
      counts[Int(value * 10)] += 1
    }
    // Five standard deviations of a bin.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 475 }, "\(counts)")
  }

  @Test("a permutation holds each number once, and differs between streams")
  func permutation() {
    let source = RandomSource(seed: 4)
    let order = source.permutation(of: 1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != source.stream(1).permutation(of: 1000))
    #expect(source.permutation(of: 0).isEmpty && source.permutation(of: 1) == [0])
  }
}
