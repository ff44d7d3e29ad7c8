// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A function of each element, which kernels apply by itself or at the end of another computation.
public enum Activation: Sendable, Hashable {
  /// x.
  case identity
  /// max(x, 0).
  case rectifier
  /// x above 0, and x times the slope elsewhere.
  case leakyRectifier(negativeSlope: Float)
  /// x·Φ(x), with Φ the standard normal distribution.
  case gaussianErrorLinear
  /// x·σ(2u), with u = √(2/π)·(x + 0.044715·x³).
  case gaussianErrorLinearByTangent
  /// x·σ(x), with σ the logistic function.
  case sigmoidLinear
  case hyperbolicTangent
  /// 1 / (1 + e⁻ˣ).
  case logisticSigmoid
  /// log(1 + e^(βx)) / β, and x where βx is above the threshold.
  case softplus(beta: Float, threshold: Float)
  /// x times a factor.
  case scaling(factor: Float)
}

/// What is done with an activation's function once it is known which it is.
public protocol ActivationUse<V> {
  associatedtype V: KernelVector
  func callAsFunction(_ function: some ActivationFunction<V>)
}

extension Activation {
  /// Calls `use` with the function: the one place where kernels tell activations apart, outside of all loops.
  @inlinable @inline(__always)
  func apply<Use: ActivationUse>(_ use: Use) {
    switch self {
    case .identity: use(Identity<Use.V>())
    case .rectifier: use(Rectifier<Use.V>())
    case .leakyRectifier(let negativeSlope): use(LeakyRectifier<Use.V>(negativeSlope: negativeSlope))
    case .gaussianErrorLinear: use(GaussianErrorLinear<Use.V>())
    case .gaussianErrorLinearByTangent: use(GaussianErrorLinearByTangent<Use.V>())
    case .sigmoidLinear: use(SigmoidLinear<Use.V>())
    case .hyperbolicTangent: use(HyperbolicTangent<Use.V>())
    case .logisticSigmoid: use(LogisticSigmoid<Use.V>())
    case .softplus(let beta, let threshold): use(Softplus<Use.V>(beta: beta, threshold: threshold))
    case .scaling(let factor): use(Scaling<Use.V>(factor: factor))
    }
  }
}
