/// A loss that is a sum over classes of a function of the class's log-probability and target.
///
/// With dᵢ the derivative of the i-th term by log pᵢ, the gradient on the logits is dⱼ − pⱼ·Σd, whatever the function.
protocol SeparableLoss: Loss {
  /// The term of class `index`, and its derivative by `logProbability`. Never NaN at a probability of 0, where the function
  /// has a limit.
  func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (value: Double, derivative: Double)

  /// Makes sure that the loss fits this number of classes.
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
      let term = term(index, logits[index], target, row)
      value += term.value
      slope += term.derivative
    }
    for index in logits.indices {
      // Computed again rather than kept in single precision: at a confident class, the two cancel.
      let derivative = term(index, logits[index], target, row).derivative
      gradient[index] = Float(-row.excess(mass: slope, weight: derivative, index: index, logit: logits[index]))
    }
    return Float(value)
  }

  @inline(__always)
  private func term(
    _ index: Int, _ logit: Float, _ target: borrowing Target, _ row: RowSoftmax
  ) -> (value: Double, derivative: Double) {
    term(
      index: index, logProbability: row.logProbability(logit), target: Double(target.probability(of: index)), row: row)
  }
}
