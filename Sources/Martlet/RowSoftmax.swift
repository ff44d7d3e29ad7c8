/// log softmax of one row of logits, in double precision and without memory of its own.
package struct RowSoftmax {
  /// The class with the largest logit, the first of several.
  package let best: Int
  /// 1 − softmax at the best class.
  private let doubt: Double
  private let maximum: Double
  private let logSum: Double
  private let scale: Double

  /// - Parameter temperature: what the logits are divided by.
  package init(_ logits: Span<Float>, temperature: Double = 1) {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    let maximum = Double(logits[best])
    let scale = 1 / temperature
    var others = 0.0
    for index in logits.indices where index != best {
      others += ((Double(logits[index]) - maximum) * scale).exponential
    }
    // ∞ − ∞ has no value: a row of −∞ alone, or one with +∞, has no softmax.
    if maximum.isInfinite { others = .nan }
    doubt = others / (1 + others)
    logSum = others.logOnePlus
    (self.best, self.maximum, self.scale) = (best, maximum, scale)
  }

  /// log softmax at a class whose logit is `logit`.
  @inline(__always)
  package func logProbability(_ logit: Float) -> Double { (Double(logit) - maximum) * scale - logSum }

  /// softmax·mass − weight at class `index`, which does not cancel where the row is confident and right.
  @inline(__always)
  func excess(mass: Double, weight: Double, index: Int, logit: Float) -> Double {
    index == best ? mass - weight - doubt * mass : logProbability(logit).exponential * mass - weight
  }
}

/// a·b where nothing times anything is nothing: a class without weight contributes 0, also at a logit of −∞.
@inline(__always)
func product(_ weight: Double, _ value: Double) -> Double { weight == 0 ? 0 : weight * value }
