// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

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
}
