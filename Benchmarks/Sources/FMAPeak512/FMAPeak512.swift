/// Twelve registers of sixteen floats, each multiplied and added to `rounds` times: as much as a core of AVX-512 can do, with
/// nothing loaded and nothing stored. Only for processors that have it.
///
/// - Returns: a sum of all lanes, so that no work can be left out.
public func multiplyAndAdd512(rounds: Int) -> Float {
  let factor = SIMD16<Float>(repeating: 0.999_9)
  let addend = SIMD16<Float>(repeating: 0.000_1)
  var sums = InlineArray<12, SIMD16<Float>> { SIMD16(repeating: Float($0)) }
  for _ in 0..<rounds {
    for index in 0..<12 { sums[index] = addend.addingProduct(sums[index], factor) }
  }
  var total = SIMD16<Float>.zero
  for index in 0..<12 { total += sums[index] }
  return total.sum()
}

/// The floating-point operations of one round.
public let operationsPerRound512 = 12 * 16 * 2
