import Requirements

/// Bootstrapping: a label that is mixed with what the network itself predicts.
///
/// −Σᵢ [β·tᵢ + (1 − β)·zᵢ] · log pᵢ, with p = softmax(x). *Soft* bootstrapping takes z = p, *hard* takes z = 1 at the most
/// probable class, the first of several. β = 1 is ``CrossEntropy``.
///
/// Whether the prediction z is a constant or part of what is differentiated is a choice. The paper's formula is differentiated
/// whole; much code detaches z, as a pseudo-label is. For hard bootstrapping it makes no difference.
///
/// Reed, Lee, Anguelov, Szegedy, Erhan and Rabinovich, "Training Deep Neural Networks on Noisy Labels with Bootstrapping"
/// (2014), with β = 0.95 for soft and 0.8 for hard.
///
/// ```swift
/// let soft = Bootstrapping(beta: 0.95, prediction: .soft)
/// let targets = try Targets.classIndices([0], classCount: 2)
/// print(soft.evaluate(logits: [0, 0], targets: targets).mean)  // 0.693…
/// ```
public struct Bootstrapping: SeparableLoss, Hashable {
  /// Which form of its own prediction is mixed into the label.
  public enum Prediction: String, Sendable, Hashable, CaseIterable {
    /// Its distribution.
    case soft
    /// Its most probable class.
    case hard
  }

  /// β, the share of the label.
  public let beta: Float
  /// What the rest of the target is.
  public let prediction: Prediction
  /// Whether the prediction is a constant for the gradient.
  public let detachesPrediction: Bool

  /// Bootstrapping.
  ///
  /// - Parameters:
  ///   - beta: β, in 0…1.
  ///   - prediction: the network's distribution, or its most probable class.
  ///   - detachesPrediction: whether the prediction is a constant for the gradient.
  public init(beta: Float, prediction: Prediction, detachesPrediction: Bool = false) {
    require(beta >= 0 && beta <= 1, "The share β of the label must be in 0...1, not \(beta).")
    self.beta = beta
    self.prediction = prediction
    self.detachesPrediction = detachesPrediction
  }

  func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (value: Double, derivative: Double)
  {
    let probability = logProbability.exponential
    let belief = (1 - Double(beta)) * (prediction == .soft ? probability : index == row.best ? 1 : 0)
    let weight = Double(beta) * target + belief
    let value = -product(weight, logProbability)
    let isDifferentiated = prediction == .soft && !detachesPrediction
    return (value, isDifferentiated ? -weight - product(belief, logProbability) : -weight)
  }
}
