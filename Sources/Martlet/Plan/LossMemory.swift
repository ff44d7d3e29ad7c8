import Kernels

/// Where a plan evaluates its loss: one value an example, and room for one position's logits where there are several.
struct LossMemory: Sendable {
  /// The loss of each example, summed over its positions, (batchSize).
  let values: ArenaBuffer
  private let classCount: Int
  private let positionCount: Int
  /// For each thread, one position's logits and their gradient, (2, classes); empty without positions.
  private let rows: [ArenaBuffer]

  /// - Parameter outputShape: (classes, positions).
  init(_ outputShape: Shape, batchSize: Int, threadCount: Int, layout: inout ArenaLayout) {
    let (classCount, positionCount) = (outputShape[0], outputShape.count / outputShape[0])
    self.classCount = classCount
    self.positionCount = positionCount
    values = layout.reserve(batchSize)
    rows = (0..<threadCount).map { _ in layout.reserve(positionCount > 1 ? 2 * classCount : 0) }
  }

  /// The sum of `loss` over all positions of one example, and its gradient; positions without a target give 0.
  ///
  /// - Parameters:
  ///   - logits: the example's, (classes, positions).
  ///   - gradient: overwritten, (classes, positions).
  func evaluate(
    _ loss: any Loss, logits: Span<Float>, targets: borrowing Targets, example: Int,
    gradient: inout MutableSpan<Float>, thread: Int, arena: Arena
  ) -> Float {
    if positionCount == 1 {
      guard !targets.isIgnored(example) else {
        for index in gradient.indices { gradient[index] = 0 }
        return 0
      }
      return loss.evaluate(logits: logits, target: targets.target(at: example), gradient: &gradient)
    }
    var rowLogits = arena.mutableSpan(rows[thread].part(0..<classCount))
    var rowGradient = arena.mutableSpan(rows[thread].part(classCount..<2 * classCount))
    var sum = 0.0
    for position in 0..<positionCount {
      let row = example * positionCount + position
      let isIgnored = targets.isIgnored(row)
      if !isIgnored {
        for index in 0..<classCount { rowLogits[index] = logits[index * positionCount + position] }
        sum += Double(
          loss.evaluate(logits: rowLogits.span, target: targets.target(at: row), gradient: &rowGradient))
      }
      for index in 0..<classCount { gradient[index * positionCount + position] = isIgnored ? 0 : rowGradient[index] }
    }
    return Float(sum)
  }
}

extension Batch {
  /// What the mean of `loss` over this batch divides by: known before the first row is computed, so that no row waits for
  /// another.
  func denominator(of loss: any Loss) -> Double {
    indices.reduce(0) { $0 + targets.denominator(of: loss, example: $1) }
  }
}

extension Targets {
  /// What one example adds to the denominator of the mean of `loss`: the sum over its positions; 0 if all are ignored.
  package func denominator(of loss: any Loss, example: Int) -> Double {
    var sum = 0.0
    for row in example * positions.count..<(example + 1) * positions.count where !isIgnored(row) {
      sum += loss.denominator(of: target(at: row), classCount: classCount)
    }
    return sum
  }
}
