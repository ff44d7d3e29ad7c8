import Requirements

/// A loss over a whole batch: the value of each row, their sum and mean, and the gradient of either.
///
/// ```swift
/// let loss = CrossEntropy(classWeights: [2, 4, 6])
/// let targets = try Targets.classIndices([2, 1], classCount: 3)
/// let values = loss.evaluate(logits: [0.2, 0.3, 0.5, 0.5, 0.2, 0.3], targets: targets)
/// print(values.rows, values.sum, values.mean)  // [5.638…, 4.959…] 10.598… 1.059…
/// print(values.gradient(.mean).count)          // 6
/// ```
public struct LossValues: Sendable {
  /// The value of each row, (rows), 0 where a row is ignored: PyTorch's `reduction='none'`, which for the losses of single elements
  /// (squared error, binary cross-entropy, KL divergence) has them before they are summed over the classes.
  public let rows: [Float]
  /// The gradient of each row's value with respect to its logits, laid out like the logits.
  public let rowGradients: [Float]
  /// The sum of the rows' values.
  public let sum: Double
  /// What the mean divides the sum by.
  public let denominator: Double
  /// The mean over the rows, as the loss defines it.
  public let mean: Double

  /// The sum or the mean.
  public func value(_ reduction: Reduction) -> Double { reduction == .mean ? mean : sum }

  /// The gradient of the sum or of the mean with respect to all logits, laid out like them.
  public func gradient(_ reduction: Reduction) -> [Float] {
    let scale = reduction.scale(denominator: denominator)
    return rowGradients.map { $0 * scale }
  }
}

extension Loss {
  /// This loss over a batch.
  ///
  /// - Parameters:
  ///   - logits: what the network says, (examples, classes, positions).
  ///   - targets: what it should say, of an encoding that this loss accepts.
  public func evaluate(logits: [Float], targets: Targets) -> LossValues {
    let (classCount, positionCount) = (targets.classCount, targets.positions.count)
    require(
      logits.count == targets.rowCount * classCount,
      "There are \(logits.count) logits, but \(targets.rowCount) target rows of \(classCount) classes.")
    require(acceptedTargets.contains(targets.encoding), "\(Self.self) does not take \(targets.encoding).")
    var rows = [Float](repeating: 0, count: targets.rowCount)
    var gradients = [Float](repeating: 0, count: logits.count)
    var rowLogits = [Float](repeating: 0, count: classCount)
    var rowGradient = rowLogits
    var (sum, denominator) = (0.0, 0.0)
    for row in 0..<targets.rowCount where !targets.isIgnored(row) {
      let first = row / positionCount * classCount * positionCount + row % positionCount
      for column in 0..<classCount { rowLogits[column] = logits[first + column * positionCount] }
      let target = targets.target(at: row)
      denominator += self.denominator(of: target, classCount: classCount)
      // Poisoned, so that an element that a loss does not write shows.
      for column in 0..<classCount { rowGradient[column] = .nan }
      var span = rowGradient.mutableSpan
      rows[row] = evaluate(logits: rowLogits.span, target: target, gradient: &span)
      for column in 0..<classCount { gradients[first + column * positionCount] = rowGradient[column] }
      sum += Double(rows[row])
    }
    return LossValues(
      rows: rows, rowGradients: gradients, sum: sum, denominator: denominator,
      mean: mean(sum: sum, denominator: denominator))
  }
}
