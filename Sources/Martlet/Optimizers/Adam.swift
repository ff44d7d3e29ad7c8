import Kernels
import Requirements

/// Adam with its weight decay in the gradient, by PyTorch's rule. ``AdamW`` decays weights by themselves.
///
/// With learning rate γ, decay λ, and for each parameter θ with gradient g at step t (from 1):
///
///     g ← g + λθ
///     m ← β₁m + (1 − β₁)g
///     v ← β₂v + (1 − β₂)g²
///     θ ← θ − γ · m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// With AMSGrad, the largest v so far takes the place of v in the last line. Kingma and Ba, "Adam: A Method for Stochastic
/// Optimization" (2014); Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond" (2018).
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html>
///
/// ```swift
/// let optimizer = Adam(learningRate: 0.001, amsgrad: true)
/// print(optimizer.slots)  // ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
/// ```
public struct Adam: Optimizer, Hashable {
  /// γ.
  public var learningRate: Float {
    didSet { require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).") }
  }
  /// β₁, the share of the averaged gradient that is kept.
  public let beta1: Float
  /// β₂, the share of the averaged square that is kept.
  public let beta2: Float
  /// ε, what is added to the root.
  public let epsilon: Float
  /// λ.
  public let weightDecay: Float
  /// Whether it divides by the root of the largest averaged square so far.
  public let usesAMSGrad: Bool

  /// Adam with the given hyperparameters: learning rate, ε and decay are 0 or more, and both shares at least 0 and below 1.
  public init(
    learningRate: Float = 0.001, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0, amsgrad: Bool = false
  ) {
    require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).")
    require(
      beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "Adam's β must be at least 0 and below 1: \(beta1), \(beta2)."
    )
    require(epsilon >= 0 && weightDecay >= 0, "Adam's ε and weight decay cannot be negative.")
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    usesAMSGrad = amsgrad
  }

  /// The averages of gradients, of their squares, and with AMSGrad the largest of the latter.
  public var slots: [String] { ["exp_avg", "exp_avg_sq"] + (usesAMSGrad ? ["max_exp_avg_sq"] : []) }

  /// Moves a run of parameters.
  public func update(_ pass: inout UpdatePass) {
    let time = Double(pass.step + 1)
    Kernel.coupledAdam(
      weightDecay: pass.settings.weightDecay ?? weightDecay, beta1: beta1, beta2: beta2,
      stepSize: Float(
        Double(learningRate * pass.settings.learningRateFactor) / (1 - Double(beta1).raised(to: time))),
      rootCorrection: Float((1 - Double(beta2).raised(to: time)).squareRoot()), epsilon: epsilon,
      parameters: &pass.parameters, gradient: pass.gradient, state: &pass.state)
  }
}
