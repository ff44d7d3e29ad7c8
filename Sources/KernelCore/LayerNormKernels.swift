// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// One run of values that is normalised by its own mean and deviation, with a scale and a shift for each of its elements.
///
/// Scales and shifts are (count), or nil where there are none.
public enum LayerNormKernels<V: KernelVector> {
  /// `output = (input − mean) · inverse · scale + shift`.
  @inlinable @inline(__always)
  public static func forward(
    _ input: UnsafePointer<Float>, _ count: Int, mean: Float, inverse: Float, scales: UnsafePointer<Float>?,
    shifts: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>
  ) {
    let (offset, factor) = (V(repeating: -mean), V(repeating: inverse))
    ChannelKernels<V>.forEachRegister(count) { index in
      var value = V(loading: input + index).adding(offset).multiplied(by: factor)
      if let scales { value = value.multiplied(by: V(loading: scales + index)) }
      if let shifts { value = value.adding(V(loading: shifts + index)) }
      value.store(to: output + index)
    } rest: { index, count in
      var value = V(loading: input + index, count: count).adding(offset).multiplied(by: factor)
      if let scales { value = value.multiplied(by: V(loading: scales + index, count: count)) }
      if let shifts { value = value.adding(V(loading: shifts + index, count: count)) }
      value.store(to: output + index, count: count)
    }
  }

  /// With g the gradient times the scale, x̂ the normalised input and n the count: inverse · (g − Σg / n − x̂ · Σ(g·x̂) / n).
  @inlinable @inline(__always)
  public static func backward(
    _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ count: Int, mean: Float, inverse: Float,
    scales: UnsafePointer<Float>?, _ result: UnsafeMutablePointer<Float>
  ) {
    let (offset, factor) = (V(repeating: -mean), V(repeating: inverse))
    var (plain, weighted) = (V.zero, V.zero)
    var index = 0
    while index < count {
      // Elements that are not there have a gradient of 0.
      let rest = min(V.laneCount, count - index)
      let isWhole = rest == V.laneCount
      var g = isWhole ? V(loading: gradient + index) : V(loading: gradient + index, count: rest)
      if let scales {
        g = g.multiplied(by: isWhole ? V(loading: scales + index) : V(loading: scales + index, count: rest))
      }
      let x = isWhole ? V(loading: input + index) : V(loading: input + index, count: rest)
      plain = plain.adding(g)
      weighted = weighted.addingProduct(g, x.adding(offset))
      index += V.laneCount
    }
    let scale = 1 / Float(count)
    let shift = V(repeating: -inverse * (plain.laneSum * scale))
    let slope = V(repeating: -inverse * inverse * inverse * (weighted.laneSum * scale))
    ChannelKernels<V>.forEachRegister(count) { index in
      var g = V(loading: gradient + index)
      if let scales { g = g.multiplied(by: V(loading: scales + index)) }
      shift.addingProduct(V(loading: input + index).adding(offset), slope).addingProduct(g, factor).store(
        to: result + index)
    } rest: { index, count in
      var g = V(loading: gradient + index, count: count)
      if let scales { g = g.multiplied(by: V(loading: scales + index, count: count)) }
      shift.addingProduct(V(loading: input + index, count: count).adding(offset), slope).addingProduct(g, factor)
        .store(to: result + index, count: count)
    }
  }

  /// `sum += gradient · (input − mean) · inverse`.
  @inlinable @inline(__always)
  public static func addScaleGradient(
    _ gradient: UnsafePointer<Float>, _ input: UnsafePointer<Float>, _ count: Int, mean: Float, inverse: Float,
    _ sum: UnsafeMutablePointer<Float>
  ) {
    let (offset, factor) = (V(repeating: -mean), V(repeating: inverse))
    var index = 0
    while index + V.laneCount <= count {
      V(loading: sum + index).addingProduct(
        V(loading: gradient + index), V(loading: input + index).adding(offset).multiplied(by: factor)
      ).store(to: sum + index)
      index += V.laneCount
    }
    let rest = count - index
    guard rest > 0 else { return }
    V(loading: sum + index, count: rest).addingProduct(
      V(loading: gradient + index, count: rest),
      V(loading: input + index, count: rest).adding(offset).multiplied(by: factor)
    ).store(to: sum + index, count: rest)
  }
}
