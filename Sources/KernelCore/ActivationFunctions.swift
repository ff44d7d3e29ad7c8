// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// An activation on one register.
public protocol ActivationFunction<V> {
  associatedtype V: KernelVector
  func value(_ x: V) -> V
  /// The derivative.
  func slope(_ x: V) -> V
  /// `gradient` times the derivative.
  func gradient(_ gradient: V, _ x: V) -> V
}

extension ActivationFunction {
  @inlinable @inline(__always)
  public func gradient(_ gradient: V, _ x: V) -> V { gradient.multiplied(by: slope(x)) }
}

@usableFromInline
struct Identity<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  func value(_ x: V) -> V { x }

  @inlinable @inline(__always)
  func slope(_ x: V) -> V { V(repeating: 1) }

  @inlinable @inline(__always)
  func gradient(_ gradient: V, _ x: V) -> V { gradient }
}

@usableFromInline
struct Rectifier<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  func value(_ x: V) -> V { x.rectified }

  @inlinable @inline(__always)
  func slope(_ x: V) -> V { V(repeating: 1).rectifiedGradient(of: x) }

  @inlinable @inline(__always)
  func gradient(_ gradient: V, _ x: V) -> V { gradient.rectifiedGradient(of: x) }
}

@usableFromInline
struct LeakyRectifier<V: KernelVector>: ActivationFunction {
  @usableFromInline let negativeSlope: V

  @inlinable @inline(__always)
  init(negativeSlope: Float) { self.negativeSlope = V(repeating: negativeSlope) }

  @inlinable @inline(__always)
  func value(_ x: V) -> V { V.select(x, x.multiplied(by: negativeSlope), where: V.zero, isBelow: x) }

  @inlinable @inline(__always)
  func slope(_ x: V) -> V { V.select(V(repeating: 1), negativeSlope, where: V.zero, isBelow: x) }
}

@usableFromInline
struct GaussianErrorLinear<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  // Φ is 0 below −15: without a bound, −∞ would be multiplied with it.
  @inlinable @inline(__always)
  func value(_ x: V) -> V { x.atLeast(-15).multiplied(by: x.normalDistribution.value) }

  /// Φ(x) + x·φ(x).
  @inlinable @inline(__always)
  func slope(_ x: V) -> V {
    let (value, density) = x.normalDistribution
    return value.addingProduct(x.clamped(-15, 15), density)
  }
}

@usableFromInline
struct GaussianErrorLinearByTangent<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  /// √(8/π).
  @inlinable var factor: V { @inline(__always) get { V(repeating: 1.595_769_1) } }

  /// √(8/π)·0.044715.
  @inlinable var cubic: V { @inline(__always) get { V(repeating: 0.071_354_814) } }

  @inlinable @inline(__always)
  func value(_ x: V) -> V {
    let raised = x.atLeast(-15)
    let bounded = raised.atMost(15)
    let u = bounded.multiplied(by: factor.addingProduct(bounded.multiplied(by: bounded), cubic))
    return raised.multiplied(by: u.logisticSigmoid)
  }

  /// σ(2u) + x·σ′(2u)·2u′.
  @inlinable @inline(__always)
  func slope(_ x: V) -> V {
    let bounded = x.clamped(-15, 15)
    let square = bounded.multiplied(by: bounded)
    let (value, slope) = bounded.multiplied(by: factor.addingProduct(square, cubic)).logisticSigmoidAndSlope
    let inner = factor.addingProduct(square, cubic.multiplied(by: V(repeating: 3)))
    return value.addingProduct(bounded.multiplied(by: inner), slope)
  }
}

@usableFromInline
struct SigmoidLinear<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  func value(_ x: V) -> V { x.atLeast(-88).multiplied(by: x.logisticSigmoid) }

  /// σ(x) + x·σ′(x).
  @inlinable @inline(__always)
  func slope(_ x: V) -> V {
    let (value, slope) = x.logisticSigmoidAndSlope
    return value.addingProduct(x.clamped(-88, 88), slope)
  }
}

@usableFromInline
struct HyperbolicTangent<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  func value(_ x: V) -> V { x.hyperbolicTangent }

  /// 1 − tanh²(x) = 4·σ′(2x), which keeps its digits where tanh is nearly 1.
  @inlinable @inline(__always)
  func slope(_ x: V) -> V { x.adding(x).logisticSigmoidAndSlope.slope.multiplied(by: V(repeating: 4)) }
}

@usableFromInline
struct LogisticSigmoid<V: KernelVector>: ActivationFunction {
  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  func value(_ x: V) -> V { x.logisticSigmoid }

  @inlinable @inline(__always)
  func slope(_ x: V) -> V { x.logisticSigmoidAndSlope.slope }
}

@usableFromInline
struct Softplus<V: KernelVector>: ActivationFunction {
  @usableFromInline let beta: V
  @usableFromInline let threshold: V

  @inlinable @inline(__always)
  init(beta: Float, threshold: Float) {
    (self.beta, self.threshold) = (V(repeating: beta), V(repeating: threshold))
  }

  @inlinable @inline(__always)
  func value(_ x: V) -> V {
    let scaled = x.multiplied(by: beta)
    return V.select(x, scaled.softplus.divided(by: beta), where: threshold, isBelow: scaled)
  }

  @inlinable @inline(__always)
  func slope(_ x: V) -> V {
    let scaled = x.multiplied(by: beta)
    return V.select(V(repeating: 1), scaled.logisticSigmoid, where: threshold, isBelow: scaled)
  }
}

@usableFromInline
struct Scaling<V: KernelVector>: ActivationFunction {
  @usableFromInline let factor: V

  @inlinable @inline(__always)
  init(factor: Float) { self.factor = V(repeating: factor) }

  @inlinable @inline(__always)
  func value(_ x: V) -> V { x.multiplied(by: factor) }

  @inlinable @inline(__always)
  func slope(_ x: V) -> V { factor }
}
