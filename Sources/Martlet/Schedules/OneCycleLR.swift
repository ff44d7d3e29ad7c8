import Requirements

/// From 1 / div up to 1, and down to 1 / (div · final div), by PyTorch's rule. The optimizer's learning rate is the largest.
///
/// With T steps and a rising share p, the rate rises until step pT − 1 and falls until step T − 1, along half a cosine or a
/// line. In three phases, it falls to 1 / div until step 2pT − 2, and further from there on. PyTorch also moves the momentum the
/// other way round (`cycle_momentum`); this leaves it as it is.
///
/// Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates" (2017).
/// Source: <https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html>
///
/// ```swift
/// let schedule = OneCycleLR(risingShare: 0.5)
/// let top = TrainingPosition(step: 49, stepsPerEpoch: 10, stepCount: 100)
/// print(schedule.factor(at: top))  // 1.0
/// ```
public struct OneCycleLR: LearningRateSchedule {
  /// How a rate gets from one value to another.
  public enum Annealing: Sendable, Hashable {
    /// Along half a cosine.
    case cosine
    /// Along a line.
    case linear
  }

  /// p, the share of all steps in which the rate rises.
  public let risingShare: Double
  /// The form of the curve.
  public let annealing: Annealing
  /// What the largest rate is divided by at the start.
  public let divFactor: Double
  /// What the first rate is divided by at the end.
  public let finalDivFactor: Double
  /// Whether the rate falls in two phases.
  public let hasThreePhases: Bool

  /// A cycle that covers the whole training, with PyTorch's defaults. The share is from 0 to 1, in three phases to ½; both
  /// divisors are above 0.
  public init(
    risingShare: Double = 0.3, annealing: Annealing = .cosine, divFactor: Double = 25, finalDivFactor: Double = 1e4,
    threePhases: Bool = false
  ) {
    require(
      risingShare >= 0 && risingShare <= (threePhases ? 0.5 : 1),
      "The share of steps in which the rate rises cannot be \(risingShare).")
    require(divFactor > 0 && finalDivFactor > 0, "A cycle's rates can be divided by numbers above 0 alone.")
    self.risingShare = risingShare
    self.annealing = annealing
    self.divFactor = divFactor
    self.finalDivFactor = finalDivFactor
    hasThreePhases = threePhases
  }

  /// The rate at a step as a share of the largest.
  public func factor(at position: TrainingPosition) -> Double {
    let (first, last) = (1 / divFactor, 1 / divFactor / finalDivFactor)
    let (step, count) = (Double(position.step), Double(position.stepCount))
    let top = risingShare * count - 1
    if step <= top { return anneal(from: first, to: 1, step, 0, top) }
    guard hasThreePhases else { return anneal(from: 1, to: last, step, top, count - 1) }
    let middle = 2 * risingShare * count - 2
    if step <= middle { return anneal(from: 1, to: first, step, top, middle) }
    return anneal(from: first, to: last, step, middle, count - 1)
  }

  private func anneal(from first: Double, to last: Double, _ step: Double, _ start: Double, _ end: Double) -> Double {
    let share = end > start ? min(1, (step - start) / (end - start)) : 1
    switch annealing {
    case .cosine: return last + (first - last) / 2 * (1 + (Double.pi * share).cosine)
    case .linear: return first + (last - first) * share
    }
  }
}
