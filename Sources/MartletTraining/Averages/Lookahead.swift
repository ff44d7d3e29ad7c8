public import Martlet
import Requirements

/// Slow weights that follow the trained ones every few steps, and that training goes on from.
///
/// With fast weights θ and slow ones φ, which start as the initial weights: every k steps, φ ← φ + α(θ − φ), and θ ← φ. What the
/// optimizer keeps stays as it is; running statistics are treated like weights. Training ends with the slow weights.
///
/// Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back" (2019), with a constant α. Jordan, "94% on CIFAR-10 in
/// 3.29 Seconds on a Single GPU" (2024), with one that falls: k = 5, and 1 − 0.95⁵·(t / T)³ with t of all T steps behind.
///
/// ```swift
/// let lookahead = Lookahead(every: 5, .falling(keeping: 0.774, power: 3))
/// let half = TrainingPosition(step: 50, stepsPerEpoch: 10, stepCount: 100)
/// print(lookahead.share(at: half) > 0.9)  // true
/// ```
public struct Lookahead: Sendable, Hashable {
  /// α, as a function of the training.
  public enum Share: Sendable, Hashable {
    /// The same all the time, from 0 to 1.
    case constant(Float)
    /// 1 − s·(t / T)^p: from 1 at the start to 1 − s at the end.
    case falling(keeping: Float, power: Float)
  }

  /// k.
  public let steps: Int
  /// α.
  public let share: Share

  /// Slow weights that follow every `steps` steps, one at least, by a share from 0 to 1.
  public init(every steps: Int = 5, _ share: Share = .constant(0.5)) {
    require(steps >= 1, "Slow weights can follow every step at most, not every \(steps) steps.")
    switch share {
    case .constant(let share): require(share >= 0 && share <= 1, "A share is from 0 to 1, not \(share).")
    case .falling(let kept, let power):
      require(
        kept >= 0 && kept <= 1 && power >= 0, "A share is from 0 to 1, and its power 0 or more: \(kept), \(power).")
    }
    self.steps = steps
    self.share = share
  }

  /// α.
  public func share(at position: TrainingPosition) -> Float {
    switch share {
    case .constant(let share): share
    case .falling(let kept, let power):
      Float(1 - Double(kept) * position.progress.raised(to: Double(power)))
    }
  }
}

/// The slow weights of a training.
struct LookaheadState {
  let lookahead: Lookahead
  var slow: Parameters

  /// Follows the plan, and takes it back, if it is time.
  ///
  /// - Parameter position: where the training is, after a step.
  mutating func follow(_ plan: inout TrainingPlan, at position: TrainingPosition) {
    let isDue = position.step % lookahead.steps == 0
    if isDue { plan.blend(into: &slow, share: lookahead.share(at: position)) }
    if isDue || position.step == position.stepCount { plan.parameters = slow }
  }
}
