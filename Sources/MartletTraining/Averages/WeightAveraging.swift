public import Martlet
import Requirements

/// Averages of the weights that a training goes through, with which the network is then used. Training itself does not see them.
///
/// Statistics of normalisations are no weights, and those of averaged weights are not the average of theirs. They are made anew, by a pass
/// over the training images as the first epoch sees them, or averaged like weights.
///
/// ```swift
/// var configuration = TrainingConfiguration()
/// configuration.averaging = .exponential(decay: 0.999, warmsUp: true)
/// configuration.averaging = .stochastic(from: .share(0.75), every: .epochs(1))
/// ```
public struct WeightAveraging: Sendable, Hashable {
  /// Which average.
  public enum Kind: Sendable, Hashable {
    /// Over all steps, the later the more.
    case exponential(decay: Float, warmsUp: Bool)
    /// Of some points of the training, all alike.
    case equal(from: TrainingLength, every: TrainingLength)
  }

  /// What becomes of the statistics of normalisations.
  public enum Statistics: Sendable, Hashable {
    /// They are the mean over a pass over the training images, as PyTorch's `update_bn` makes them. A pass is made whenever the
    /// averaged weights are asked for.
    case renewed
    /// They are averaged, as with PyTorch's `use_buffers=True`.
    case averaged
  }

  /// Which average.
  public let kind: Kind
  /// What becomes of statistics.
  public let statistics: Statistics

  /// An exponential moving average: θ̄ ← dθ̄ + (1 − d)θ after each step, and θ̄ = θ after the first.
  ///
  /// With warm-up, d is at most 1 − (1 + n)^(−2/3) with n weights in the average, as in timm's `ModelEmaV3`, so that the initial weights
  /// are soon forgotten. Source: `get_ema_multi_avg_fn` in
  /// <https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema>
  ///
  /// - Parameters:
  ///   - decay: d, from 0 to 1.
  ///   - warmsUp: whether there is a warm-up.
  ///   - statistics: what becomes of the statistics of normalisations.
  public static func exponential(
    decay: Float = 0.999, warmsUp: Bool = false, statistics: Statistics = .renewed
  ) -> WeightAveraging {
    require(decay >= 0 && decay <= 1, "The share of an average that is kept is from 0 to 1, not \(decay).")
    return WeightAveraging(kind: .exponential(decay: decay, warmsUp: warmsUp), statistics: statistics)
  }

  /// Stochastic weight averaging: the mean of the weights at the end of each stretch of training behind a start.
  ///
  /// Until the first of them, the weights are those that are trained. Izmailov et al., "Averaging Weights Leads to Wider Optima and
  /// Better Generalization" (2018).
  ///
  /// - Parameters:
  ///   - start: what is left out at the start.
  ///   - length: from one point to the next, from the start of the training on; a step at least.
  ///   - statistics: what becomes of the statistics of normalisations.
  public static func stochastic(
    from start: TrainingLength = .share(0.75), every length: TrainingLength = .epochs(1),
    statistics: Statistics = .renewed
  ) -> WeightAveraging {
    WeightAveraging(kind: .equal(from: start, every: length), statistics: statistics)
  }

  private init(kind: Kind, statistics: Statistics) {
    self.kind = kind
    self.statistics = statistics
  }

  /// The share of the weights after a step in their average; nil if they are no part of it.
  ///
  /// - Parameters:
  ///   - position: where the training is, after the step.
  ///   - count: the weights in the average.
  ///   - roundStep: the steps since labels were renewed last, by which epochs end.
  func share(at position: TrainingPosition, count: Int, roundStep: Int) -> Float? {
    switch kind {
    case .exponential(let decay, let warmsUp):
      guard count > 0 else { return 1 }
      let limit = warmsUp ? 1 - (1 + Double(count)).raised(to: -2 / 3) : 1
      return Float(1 - min(Double(decay), limit))
    case .equal(let start, let length):
      let isPoint = roundStep % max(1, length.steps(in: position)) == 0
      return isPoint && position.step > start.steps(in: position) ? 1 / Float(count + 1) : nil
    }
  }
}

/// The averaged weights of a training.
struct WeightAverage {
  let averaging: WeightAveraging
  var parameters: Parameters
  /// The weights in the average.
  var count = 0

  /// Takes the plan's weights into the average, if it is time.
  mutating func follow(_ plan: borrowing TrainingPlan, at position: TrainingPosition, roundStep: Int) {
    guard let share = averaging.share(at: position, count: count, roundStep: roundStep) else { return }
    plan.blend(into: &parameters, share: share)
    count += 1
  }
}
