// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the softmax kernel found out about one row of logits.
public struct SoftmaxSummary: Sendable {
  /// The class with the largest logit, the first of several.
  public var best: Int
  /// The largest logit.
  public var maximum: Float
  /// Σ exp(logit − maximum) over all classes but the best one.
  public var others: Double

  @inlinable
  public init(best: Int, maximum: Float, others: Double) {
    self.best = best
    self.maximum = maximum
    self.others = others
  }

  /// log Σ exp(logit − maximum) over all classes.
  @inlinable
  public var logSum: Double { log1p(others) }

  /// 1 − softmax at the best class.
  @inlinable
  public var doubt: Double { others / (1 + others) }
}

/// Kernels that sum.
public enum ReductionKernels<V: KernelVector> {
  /// The sums over rows and positions of `units`, out of an output gradient of shape (rows, channels, positions).
  @inlinable @inline(__always)
  public static func biasGradient(
    _ outputGradient: UnsafePointer<Float>, _ rows: Int, _ channels: Int, _ positions: Int, _ units: Range<Int>,
    _ result: UnsafeMutablePointer<Float>
  ) {
    if positions == 1 { return columnSums(outputGradient, rows, channels, units, result) }
    for unit in units {
      var total: Float = 0
      for row in 0..<rows {
        let source = outputGradient + (row * channels + unit) * positions
        var sum = V.zero
        var position = 0
        while position + V.laneCount <= positions {
          sum = sum.adding(V(loading: source + position))
          position += V.laneCount
        }
        var rest: Float = 0
        while position < positions {
          rest += source[position]
          position += 1
        }
        total += sum.laneSum + rest
      }
      result[unit - units.lowerBound] = total
    }
  }

  /// The sums over rows of the columns `units`, out of (rows, columns).
  @inlinable @inline(__always)
  static func columnSums(
    _ values: UnsafePointer<Float>, _ rows: Int, _ columns: Int, _ units: Range<Int>,
    _ result: UnsafeMutablePointer<Float>
  ) {
    var unit = units.lowerBound
    while unit + V.laneCount <= units.upperBound {
      var sum = V.zero
      for row in 0..<rows { sum = sum.adding(V(loading: values + (row * columns + unit))) }
      sum.store(to: result + (unit - units.lowerBound))
      unit += V.laneCount
    }
    while unit < units.upperBound {
      var sum: Float = 0
      for row in 0..<rows { sum += values[row * columns + unit] }
      result[unit - units.lowerBound] = sum
      unit += 1
    }
  }

  /// Softmax of one row, shifted by its maximum so that nothing overflows. The sum is taken in double precision and without
  /// the best class: all that is left of a confident row's loss is in the others.
  @inlinable @inline(__always)
  public static func softmax(
    _ logits: UnsafePointer<Float>, _ probabilities: UnsafeMutablePointer<Float>, _ count: Int
  ) -> SoftmaxSummary {
    var best = 0
    for index in 1..<max(1, count) where logits[index] > logits[best] { best = index }
    let maximum = logits[best]
    var others = 0.0
    for index in 0..<count {
      let exponential = expf(logits[index] - maximum)
      probabilities[index] = exponential
      others += index == best ? 0 : Double(exponential)
    }
    // ∞ − ∞ has no value, and so no softmax.
    if maximum.isInfinite { others = .nan }
    let scale = Float(1 / (1 + others))
    for index in 0..<count { probabilities[index] *= scale }
    return SoftmaxSummary(best: best, maximum: maximum, others: others)
  }
}
