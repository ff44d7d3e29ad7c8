import Requirements

/// Symmetric cross-entropy: cross-entropy, and beside it the same with target and prediction exchanged.
///
/// α · Σᵢ −tᵢ log pᵢ + β · Σᵢ −pᵢ · max(log tᵢ, A), with p = softmax(x). The second part asks how surprising the network's
/// answers are under the label; log 0, and all below A, is taken as A.
///
/// Wang, Ma, Chen, Luo, Yi and Bailey, "Symmetric Cross Entropy for Robust Learning with Noisy Labels" (2019). Its text has
/// A = −4; its published code clips the label to 10⁻⁴, which is A = −9.21.
///
/// ```swift
/// let loss = SymmetricCrossEntropy(alpha: 0.1, beta: 1)
/// let targets = try Targets.classIndices([0], classCount: 2)
/// print(loss.evaluate(logits: [0, 0], targets: targets).mean)  // 2.069…
/// ```
public struct SymmetricCrossEntropy: SeparableLoss, Hashable {
  /// α, the weight of cross-entropy.
  public let alpha: Float
  /// β, the weight of reverse cross-entropy.
  public let beta: Float
  /// A, what stands for log 0: below 0.
  public let logZero: Float

  /// Symmetric cross-entropy; the defaults are the paper's for CIFAR-10.
  public init(alpha: Float = 0.1, beta: Float = 1, logZero: Float = -4) {
    require(alpha >= 0 && alpha.isFinite, "α must be a finite number of 0 or more, not \(alpha).")
    require(beta >= 0 && beta.isFinite, "β must be a finite number of 0 or more, not \(beta).")
    require(logZero < 0 && logZero.isFinite, "What stands for log 0 must be a finite number below 0, not \(logZero).")
    self.alpha = alpha
    self.beta = beta
    self.logZero = logZero
  }

  func term(index: Int, logProbability: Double, target: Double, row: RowSoftmax) -> (value: Double, derivative: Double)
  {
    let forward = Double(alpha) * target
    let logTarget = target > 0 ? max(target.naturalLogarithm, Double(logZero)) : Double(logZero)
    let reverse = -Double(beta) * logTarget * logProbability.exponential
    return (reverse - product(forward, logProbability), reverse - forward)
  }
}
