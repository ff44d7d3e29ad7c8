import Kernels
import Requirements

/// RMSprop, by PyTorch's rule.
///
/// With learning rate γ, decay λ, momentum μ, and for each parameter θ with gradient g:
///
///     g ← g + λθ
///     v ← αv + (1 − α)g²
///     b ← μb + g / (√v + ε)
///     θ ← θ − γb
///
/// Centered, v − m² takes the place of v in the third line, with the averaged gradient m ← αm + (1 − α)g. Where rounding makes that
/// negative it is 0, and in PyTorch NaN. Hinton, "Neural Networks for Machine Learning", lecture 6e (2012); Graves, "Generating
/// Sequences With Recurrent Neural Networks" (2013).
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html>
///
/// ```swift
/// let optimizer = RMSprop(learningRate: 0.01, momentum: 0.9, centered: true)
/// print(optimizer.slots)  // ["square_avg", "momentum_buffer", "grad_avg"]
/// ```
public struct RMSprop: Optimizer, Hashable {
  /// γ.
  public var learningRate: Float {
    didSet { require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).") }
  }
  /// α, the share of the averages that is kept.
  public let alpha: Float
  /// ε, what is added to the root.
  public let epsilon: Float
  /// λ.
  public let weightDecay: Float
  /// μ, the share of the last step's velocity that is kept.
  public let momentum: Float
  /// Whether squares are taken about the averaged gradient.
  public let isCentered: Bool

  /// RMSprop with the given hyperparameters: all are 0 or more, and α at most 1.
  public init(
    learningRate: Float = 0.01, alpha: Float = 0.99, epsilon: Float = 1e-8, weightDecay: Float = 0,
    momentum: Float = 0, centered: Bool = false
  ) {
    require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).")
    require(alpha >= 0 && alpha <= 1, "RMSprop's α must be from 0 to 1, not \(alpha).")
    require(
      epsilon >= 0 && weightDecay >= 0 && momentum >= 0, "RMSprop's ε, weight decay and momentum cannot be negative.")
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
    isCentered = centered
  }

  /// The averages of squares, and with them velocities and averages of gradients, if there are any.
  public var slots: [String] {
    ["square_avg"] + (momentum == 0 ? [] : ["momentum_buffer"]) + (isCentered ? ["grad_avg"] : [])
  }

  /// Moves a run of parameters.
  public func update(_ pass: inout UpdatePass) {
    Kernel.rmsprop(
      learningRate: learningRate * pass.settings.learningRateFactor, alpha: alpha, epsilon: epsilon,
      weightDecay: pass.settings.weightDecay ?? weightDecay, momentum: momentum, isCentered: isCentered,
      parameters: &pass.parameters, gradient: pass.gradient, state: &pass.state)
  }
}
