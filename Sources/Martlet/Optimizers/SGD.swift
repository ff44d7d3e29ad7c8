import Kernels
import Requirements

/// Stochastic gradient descent with momentum, by PyTorch's rule.
///
/// With learning rate γ, momentum μ, dampening τ and weight decay λ, for each parameter θ and its gradient g:
///
///     g ← g + λθ
///     v ← g at the first step, and μv + (1 − τ)g from then on
///     g ← g + μv with Nesterov momentum, and v without
///     θ ← θ − γg
///
/// Without momentum, θ ← θ − γg. Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html>
///
/// ```swift
/// let optimizer = SGD(learningRate: 0.001, momentum: 0.9)
/// ```
public struct SGD: Optimizer, Hashable {
  /// γ.
  public var learningRate: Float {
    didSet { Self.check(learningRate) }
  }
  /// μ, the share of the last step's velocity that is kept.
  public let momentum: Float
  /// τ, the share of each gradient that is kept out of the velocity.
  public let dampening: Float
  /// λ, the share of each parameter that is added to its gradient.
  public let weightDecay: Float
  /// Whether the gradient is taken where the velocity leads (Nesterov).
  public let usesNesterovMomentum: Bool

  /// Descent with the given hyperparameters. Learning rate, momentum and weight decay are 0 or more; Nesterov momentum
  /// needs momentum and no dampening.
  public init(
    learningRate: Float, momentum: Float = 0, dampening: Float = 0, weightDecay: Float = 0, nesterov: Bool = false
  ) {
    Self.check(learningRate)
    require(momentum >= 0, "Momentum cannot be negative: \(momentum).")
    require(weightDecay >= 0, "Weight decay cannot be negative: \(weightDecay).")
    require(
      !nesterov || (momentum > 0 && dampening == 0), "Nesterov momentum needs momentum above 0 and no dampening.")
    self.learningRate = learningRate
    self.momentum = momentum
    self.dampening = dampening
    self.weightDecay = weightDecay
    usesNesterovMomentum = nesterov
  }

  /// One velocity an element, or nothing without momentum.
  public var slots: [String] { momentum == 0 ? [] : ["momentum_buffer"] }

  /// Moves a run of parameters against its gradient.
  public func update(_ pass: inout UpdatePass) {
    Kernel.descend(
      learningRate: learningRate * pass.settings.learningRateFactor, momentum: momentum, dampening: dampening,
      weightDecay: pass.settings.weightDecay ?? weightDecay, usesNesterovMomentum: usesNesterovMomentum,
      isFirstUpdate: pass.step == 0, parameters: &pass.parameters, gradient: pass.gradient, velocity: &pass.state)
  }

  private static func check(_ learningRate: Float) {
    require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).")
  }
}
