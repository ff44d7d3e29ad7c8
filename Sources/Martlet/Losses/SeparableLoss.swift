/// A loss that is a sum over classes of a function of the class's log-probability and target.
///
/// With dᵢ the derivative of the i-th term by log pᵢ, the gradient on the logits is dⱼ − pⱼ·Σd, whatever the function.
protocol SeparableLoss: Loss {
  /// The term of class `index`, and its derivative by `logProbability`. Never NaN at a probability of 0, where the function
  /// has a limit.
  func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (value: Double, derivative: Double)

  /// Sees to it that the loss fits this number of classes.
  func check(classCount: Int)
}

extension SeparableLoss {
  func check(classCount: Int) {}

  /// The sum of the terms, and its gradient.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    check(classCount: logits.count)
    let row = RowSoftmax(logits)
    var (value, slope) = (0.0, 0.0)
    for index in logits.indices {
      let term = term(
        index: index, logProbability: row.logProbability(logits[index]), target: Double(target.probability(of: index)),
        row: row)
      value += term.value
      gradient[index] = Float(term.derivative)
      // Out of what is stored: at a confident class, the two cancel.
      slope += Double(gradient[index])
    }
    for index in logits.indices {
      gradient[index] = Float(
        -row.excess(mass: slope, weight: Double(gradient[index]), index: index, logit: logits[index]))
    }
    return Float(value)
  }
}
