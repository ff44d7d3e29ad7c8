import Kernels
import Requirements

/// Adam with decoupled weight decay, by PyTorch's rule.
///
/// With learning rate γ, decay λ, and for each parameter θ with gradient g at step t (from 1):
///
///     θ ← θ − γλθ
///     m ← β₁m + (1 − β₁)g
///     v ← β₂v + (1 − β₂)g²
///     θ ← θ − γ · m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2017); Kingma and Ba, "Adam" (2014).
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html>
///
/// ```swift
/// let optimizer = AdamW(learningRate: 0.001, weightDecay: 0.05)
/// print(optimizer.slots)  // ["exp_avg", "exp_avg_sq"]
/// ```
public struct AdamW: Optimizer, Hashable {
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

  /// Adam with the given hyperparameters: learning rate, ε and decay are 0 or more, and both shares at least 0 and below 1.
  public init(
    learningRate: Float = 0.001, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0.01
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
  }

  /// The averages of gradients, and of their squares.
  public var slots: [String] { ["exp_avg", "exp_avg_sq"] }

  /// Moves a run of parameters.
  public func update(_ pass: inout UpdatePass) {
    let rate = learningRate * pass.settings.learningRateFactor
    let decay = pass.settings.weightDecay ?? weightDecay
    let time = Double(pass.step + 1)
    Kernel.adam(
      kept: 1 - rate * decay, beta1: beta1, beta2: beta2,
      stepSize: Float(Double(rate) / (1 - Double(beta1).raised(to: time))),
      rootCorrection: Float((1 - Double(beta2).raised(to: time)).squareRoot()), epsilon: epsilon,
      parameters: &pass.parameters, gradient: pass.gradient, state: &pass.state)
  }
}
