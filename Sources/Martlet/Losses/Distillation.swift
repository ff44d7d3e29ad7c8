import Requirements

/// Knowledge distillation: learning from a teacher's softened distribution and from the true class at once.
///
/// α · T² · KL(t ‖ softmax(x / T)) + (1 − α) · (−log softmax(x) at the class), where t is the teacher's distribution *at
/// temperature T*: softmax(teacher's logits / T). The gradient is α·T·(softmax(x / T)·Σt − t) + (1 − α)·(softmax(x) − one-hot).
/// The factor T² keeps the soft part's gradient as large as it is at T = 1; some code leaves it out, and so trains on less
/// of the soft part the higher T is.
///
/// Targets are ``Targets/labelledProbabilities(_:_:classCount:positions:ignoreIndex:)``; a row whose class is not known has the
/// soft part alone. With α = 1 plain distributions do.
///
/// Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015).
///
/// ```swift
/// let targets = try Targets.labelledProbabilities([0], [0.7, 0.2, 0.1], classCount: 3)
/// let loss = Distillation(temperature: 4, alpha: 0.9)
/// print(loss.evaluate(logits: [1, 0, -1], targets: targets).rows.count)  // 1
/// ```
public struct Distillation: Loss, Hashable {
  /// T, what the logits are divided by in the soft part.
  public let temperature: Float
  /// α, the share of the soft part.
  public let alpha: Float
  /// Whether the soft part is multiplied by T².
  public let scalesByTemperatureSquared: Bool

  /// Distillation.
  ///
  /// - Parameters:
  ///   - temperature: T, above 0.
  ///   - alpha: α, in 0…1.
  ///   - scalesByTemperatureSquared: whether the soft part is multiplied by T².
  public init(temperature: Float, alpha: Float, scalesByTemperatureSquared: Bool = true) {
    require(temperature > 0 && temperature.isFinite, "A temperature must be above 0 and finite, not \(temperature).")
    require(alpha >= 0 && alpha <= 1, "The share α of the soft part must be in 0...1, not \(alpha).")
    self.temperature = temperature
    self.alpha = alpha
    self.scalesByTemperatureSquared = scalesByTemperatureSquared
  }

  /// Class indices with distributions; distributions alone if there is no hard part.
  public var acceptedTargets: Set<Targets.Encoding> {
    alpha == 1 ? [.labelledProbabilities, .probabilities] : [.labelledProbabilities]
  }

  /// Both parts of one row, and their gradient.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    let temperature = Double(temperature)
    let softShare = Double(alpha) * (scalesByTemperatureSquared ? temperature * temperature : 1)
    let (soft, hard) = (RowSoftmax(logits, temperature: temperature), RowSoftmax(logits))
    let label = target.classIndex ?? -1
    let hardShare = label < 0 ? 0 : 1 - Double(alpha)
    var (value, mass) = (0.0, 0.0)
    for index in logits.indices {
      let weight = Double(target.probability(of: index))
      value += product(softShare * weight, weight.naturalLogarithm - soft.logProbability(logits[index]))
      if index == label { value -= product(hardShare, hard.logProbability(logits[index])) }
      mass += weight
    }
    for index in logits.indices {
      let (weight, logit) = (Double(target.probability(of: index)), logits[index])
      gradient[index] = Float(
        softShare / temperature * soft.excess(mass: mass, weight: weight, index: index, logit: logit)
          + hardShare * hard.excess(mass: 1, weight: index == label ? 1 : 0, index: index, logit: logit))
    }
    return Float(value)
  }
}
