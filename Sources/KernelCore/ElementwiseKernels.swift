// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Kernels that visit each element once.
public enum ElementwiseKernels<V: KernelVector> {
  /// `inputGradient = outputGradient` where the input was positive, and 0 elsewhere (also at 0); they may be the same.
  @inlinable @inline(__always)
  public static func rectifyGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    // Vectors by hand: the compiler leaves a loop scalar when what it writes may be what it reads.
    var index = 0
    while index + V.laneCount <= count {
      V(loading: outputGradient + index).rectifiedGradient(of: V(loading: input + index)).store(
        to: inputGradient + index)
      index += V.laneCount
    }
    while index < count {
      inputGradient[index] = input[index] <= 0 ? 0 : outputGradient[index]
      index += 1
    }
  }

  /// `output = a + b`; `output` may be `a` or `b`.
  @inlinable @inline(__always)
  public static func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    var index = 0
    while index + V.laneCount <= count {
      V(loading: a + index).adding(V(loading: b + index)).store(to: output + index)
      index += V.laneCount
    }
    while index < count {
      output[index] = a[index] + b[index]
      index += 1
    }
  }

  /// `output = max(a + b, 0)`; a NaN stays a NaN.
  @inlinable @inline(__always)
  public static func addRectified(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    var index = 0
    while index + V.laneCount <= count {
      V(loading: a + index).adding(V(loading: b + index)).rectified.store(to: output + index)
      index += V.laneCount
    }
    while index < count {
      let value = a[index] + b[index]
      output[index] = value < 0 ? 0 : value
      index += 1
    }
  }

  /// `output = input · factor`; `output` may be `input`.
  @inlinable @inline(__always)
  public static func scale(
    _ input: UnsafePointer<Float>, _ factor: Float, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count { output[index] = input[index] * factor }
  }

  /// `target += share · (values − target)`, which is `values` for a share of 1.
  @inlinable @inline(__always)
  public static func blend(
    _ values: UnsafePointer<Float>, _ share: Float, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    // From the nearer end, as PyTorch's `lerp` does it: either share of 0 and 1 is exact.
    if share < 0.5 {
      for index in 0..<count { target[index] += share * (values[index] - target[index]) }
    } else {
      let kept = 1 - share
      for index in 0..<count { target[index] = values[index] - kept * (values[index] - target[index]) }
    }
  }

  /// Limits `values` to −`limit`…`limit`; a NaN stays a NaN.
  @inlinable @inline(__always)
  public static func clamp(_ values: UnsafeMutablePointer<Float>, _ limit: Float, _ count: Int) {
    for index in 0..<count {
      let value = values[index]
      let below = value > limit ? limit : value
      values[index] = below < -limit ? -limit : below
    }
  }

  /// `output = byte · scale + offset`.
  @inlinable @inline(__always)
  public static func normalize(
    _ bytes: UnsafePointer<UInt8>, _ scale: Float, _ offset: Float, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count { output[index] = Float(bytes[index]) * scale + offset }
  }
}
