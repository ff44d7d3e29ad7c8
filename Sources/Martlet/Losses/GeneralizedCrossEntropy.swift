import Requirements

/// Generalised cross-entropy: between cross-entropy (q → 0) and the mean absolute error (q = 1), which is robust to wrong labels.
///
/// Σᵢ tᵢ · (1 − pᵢ^q) / q, with p = softmax(x). Its gradient is pᵢ^q times that of cross-entropy: rows whose label has a low
/// predicted probability have less effect. Wrong labels are among them, and in the beginning right ones as well.
///
/// Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels" (2018), without
/// its truncation.
///
/// ```swift
/// let loss = GeneralizedCrossEntropy(q: 0.7)
/// let targets = try Targets.classIndices([0], classCount: 2)
/// print(loss.evaluate(logits: [0, 0], targets: targets).mean)  // 0.549…
/// ```
public struct GeneralizedCrossEntropy: SeparableLoss, Hashable {
  /// q, above 0 and at most 1.
  public let q: Float

  /// Generalised cross-entropy; the paper's q is 0.7.
  public init(q: Float = 0.7) {
    require(q > 0 && q <= 1, "q must be above 0 and at most 1, not \(q).")
    self.q = q
  }

  func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (value: Double, derivative: Double)
  {
    if target == 0 { return (0, 0) }
    let q = Double(q)
    // (1 − p^q) / q, which must not cancel where p^q is nearly 1.
    return (-target * (q * logProbability).exponentialMinusOne / q, -target * (q * logProbability).exponential)
  }
}
