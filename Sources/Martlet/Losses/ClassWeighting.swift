import Requirements

/// What a weighted mean divides by, where rows do not count alike.
///
/// With class weights w, a row's value is −Σᵢ wᵢ t′ᵢ log softmax(x)ᵢ under either, and so is the sum. The means differ:
///
/// | targets | `matchingPyTorch` | `effectiveWeight` |
/// | --- | --- | --- |
/// | class indices y | Σ over rows of w at y | Σ over rows of w at y |
/// | distributions t | the number of rows | Σ over rows of Σᵢ wᵢ · abs(tᵢ) |
/// | no rows, or all ignored | NaN | 0 |
///
/// Where the denominator is 0, the gradient is 0 under either; PyTorch's is NaN if there are rows whose weight is 0.
///
/// So with weights, PyTorch's mean for a class index and for its one-hot row are different numbers, and hard and soft
/// labels are trained as if with different learning rates. `effectiveWeight` treats both alike. Without weights, and with
/// distributions that sum to 1, the two agree.
public enum MeanDenominator: String, Sendable, Hashable, CaseIterable {
  /// As PyTorch's `CrossEntropyLoss` does it.
  case matchingPyTorch = "matching-pytorch"
  /// Each row counts as much as its classes weigh, whatever its encoding.
  case effectiveWeight = "effective-weight"
}

/// Class weights and the denominator that goes with them: the one weighting policy of all losses that take weights.
public struct ClassWeighting: Sendable, Hashable {
  /// (classes), or empty for 1 everywhere.
  public let weights: [Float]
  /// What the mean divides by.
  public let denominator: MeanDenominator

  /// Class weights, each finite and 0 or more; nil if all classes count alike.
  public init(_ weights: [Float]?, _ denominator: MeanDenominator) {
    self.weights = weights ?? []
    self.denominator = denominator
    require(weights?.isEmpty != true, "Class weights need one weight a class.")
    for (index, weight) in self.weights.enumerated() {
      require(
        weight >= 0 && weight.isFinite,
        "A class weight must be a finite number of 0 or more, but that of class \(index) is \(weight).")
    }
  }

  /// The weight of a class.
  @inline(__always)
  public subscript(index: Int) -> Float { weights.isEmpty ? 1 : weights[index] }

  /// Makes sure that there is one weight a class, or none.
  public func check(classCount: Int) {
    require(
      weights.isEmpty || weights.count == classCount,
      "There are \(weights.count) class weights for \(classCount) classes.")
  }

  /// What a row adds to the mean's denominator.
  func denominator(of target: Target, classCount: Int) -> Double {
    check(classCount: classCount)
    if case .classIndex(let index) = target { return Double(self[index]) }
    if denominator == .matchingPyTorch { return 1 }
    return (0..<classCount).reduce(0) { $0 + Double(self[$1]) * abs(Double(target.probability(of: $1))) }
  }

  /// `sum / denominator`: NaN where both are 0, as in PyTorch, unless the denominator is the effective weight.
  func mean(sum: Double, denominator: Double) -> Double {
    self.denominator == .effectiveWeight && denominator == 0 ? 0 : sum / denominator
  }
}

/// A loss that weighs classes, with the denominators of ``MeanDenominator``.
public protocol ClassWeightedLoss: Loss {
  /// How it weighs them.
  var weighting: ClassWeighting { get }
}

extension ClassWeightedLoss {
  /// The row's weight, as ``MeanDenominator`` defines it.
  public func denominator(of target: Target, classCount: Int) -> Double {
    weighting.denominator(of: target, classCount: classCount)
  }

  /// The mean, which is NaN where the denominator is 0 and PyTorch is matched.
  public func mean(sum: Double, denominator: Double) -> Double {
    weighting.mean(sum: sum, denominator: denominator)
  }
}
