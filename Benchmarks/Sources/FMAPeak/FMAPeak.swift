/// Twelve registers of eight floats, each multiplied and added to `rounds` times: as much as a core of AVX2 can do, with
/// nothing loaded and nothing stored.
///
/// - Returns: a sum of all lanes, so that no work can be left out.
public func multiplyAndAdd(rounds: Int) -> Float {
  let factor = SIMD8<Float>(repeating: 0.999_9)
  let addend = SIMD8<Float>(repeating: 0.000_1)
  var sums = InlineArray<12, SIMD8<Float>> { SIMD8(repeating: Float($0)) }
  for _ in 0..<rounds {
    for index in 0..<12 { sums[index] = addend.addingProduct(sums[index], factor) }
  }
  var total = SIMD8<Float>.zero
  for index in 0..<12 { total += sums[index] }
  return total.sum()
}

/// The floating-point operations of one round.
public let operationsPerRound = 12 * 8 * 2
