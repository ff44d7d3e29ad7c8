import Requirements

/// What becomes of a teacher's distributions before a student learns from it, and how much it counts.
///
/// A step's loss is the mean over its labelled images, plus α(t) times that over its images with pseudo-labels, if
/// ``unlabelledBatchSize`` keeps the two apart; otherwise it is one mean, in which images with pseudo-labels have the weight α(t).
///
/// Lee, "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep Neural Networks" (2013).
///
/// ```swift
/// var settings = PseudoLabelling()
/// settings.weight = 3
/// settings.ramp = 1...5
/// print(settings.weight(at: 0.5), settings.weight(at: 3), settings.weight(at: 9))  // 0.0 1.5 3.0
/// ```
public struct PseudoLabelling: Sendable, Hashable {
  /// What an image is given.
  public enum Kind: String, Sendable, CaseIterable {
    /// The teacher's distribution.
    case soft
    /// The teacher's most probable class, the first of several.
    case hard
  }

  /// What the mean over images with pseudo-labels divides by, where some are below the threshold. Published code differs.
  public enum Mean: String, Sendable, CaseIterable {
    /// All of them: images below the threshold contribute no gradient, and count. (FixMatch does this.)
    case all
    /// Those at the threshold or above it alone.
    case confident
  }

  /// What an image is given.
  public var kind = Kind.soft
  /// The probability that a teacher must give its most probable class; below it, an image contributes no gradient.
  public var threshold: Float = 0
  /// What the mean divides by.
  public var mean = Mean.all
  /// α: how much pseudo-labels count.
  public var weight: Float = 1
  /// T1 and T2, in epochs: α(t) is 0 until T1, rises in a line, and is α from T2 on. Rounds that
  /// keep the weights are one training, whose time goes on.
  public var ramp: ClosedRange<Float> = 0...0
  /// How many students follow each other; each is the next one's teacher.
  public var rounds = 1
  /// Whether a student goes on with the weights of the one before; otherwise it starts anew.
  public var keepsWeights = false
  /// The images with pseudo-labels of a step, beside a whole batch of labelled ones, and an epoch is a pass over the former; nil
  /// mixes both in one batch.
  public var unlabelledBatchSize: Int?

  /// Distributions as they are, all of them, with weight 1 from the start.
  public init() {}

  /// α(t).
  ///
  /// - Parameter time: t, in epochs.
  public func weight(at time: Float) -> Float {
    if time >= ramp.upperBound { return weight }
    if time < ramp.lowerBound { return 0 }
    return weight * (time - ramp.lowerBound) / (ramp.upperBound - ramp.lowerBound)
  }

  /// Whether every image counts alike all the time.
  var isPlain: Bool { threshold <= 0 && weight == 1 && ramp.upperBound <= 0 && unlabelledBatchSize == nil }
}
