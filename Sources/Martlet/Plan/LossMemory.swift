import Kernels

/// Where a plan evaluates its loss: one value an example, room for one position's logits where there are several, and room
/// for a target that is mixed out of two.
struct LossMemory: Sendable {
  /// The loss of each example, summed over its positions, (batchSize).
  let values: ArenaBuffer
  private let classCount: Int
  private let positionCount: Int
  /// For each thread, one position's logits and their gradient, (2, classes); empty without positions.
  private let rows: [ArenaBuffer]
  /// For each thread, a mixed target, (classes).
  private let mixtures: [ArenaBuffer]

  /// - Parameter outputShape: (classes, positions).
  init(_ outputShape: Shape, batchSize: Int, threadCount: Int, layout: inout ArenaLayout) {
    let (classCount, positionCount) = (outputShape[0], outputShape.count / outputShape[0])
    self.classCount = classCount
    self.positionCount = positionCount
    values = layout.reserve(batchSize)
    rows = (0..<threadCount).map { _ in layout.reserve(positionCount > 1 ? 2 * classCount : 0) }
    mixtures = (0..<threadCount).map { _ in layout.reserve(classCount) }
  }

  /// The sum of `loss` over all positions of one row, and its gradient; positions without a target give 0.
  ///
  /// - Parameters:
  ///   - logits: the row's, (classes, positions).
  ///   - gradient: overwritten, (classes, positions).
  func evaluate(
    _ loss: any Loss, logits: Span<Float>, targets: borrowing Targets, row: BatchRow,
    gradient: inout MutableSpan<Float>, thread: Int, arena: Arena
  ) -> Float {
    let example = row.example
    if let partner = row.partner {
      guard mix(targets, example, partner, thread: thread, arena: arena) else {
        gradient.update(repeating: 0)
        return 0
      }
      return loss.evaluate(logits: logits, target: .probabilities(arena.span(mixtures[thread])), gradient: &gradient)
    }
    if positionCount == 1 {
      guard !targets.isIgnored(example) else {
        gradient.update(repeating: 0)
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

  /// What the mean of `loss` over a batch divides by: known before the first row is computed, so that no row waits for
  /// another.
  func denominator(of loss: any Loss, _ batch: Batch, arena: Arena) -> Double {
    var sum = 0.0
    for place in 0..<batch.count {
      let row = batch[place]
      guard let partner = row.partner else {
        sum += batch.targets.denominator(of: loss, example: row.example)
        continue
      }
      guard mix(batch.targets, row.example, partner, thread: 0, arena: arena) else { continue }
      sum += loss.denominator(of: .probabilities(arena.span(mixtures[0])), classCount: classCount)
    }
    return sum
  }

  /// Writes (1 − share)·target + share·partner's target; false if one of the two has no target.
  private func mix(
    _ targets: borrowing Targets, _ example: Int, _ partner: BatchRow.Partner, thread: Int, arena: Arena
  ) -> Bool {
    guard !targets.isIgnored(example), !targets.isIgnored(partner.example) else { return false }
    var mixture = arena.mutableSpan(mixtures[thread])
    for index in 0..<classCount {
      let own = targets.target(at: example).probability(of: index)
      let other = targets.target(at: partner.example).probability(of: index)
      mixture[index] = (1 - partner.share) * own + partner.share * other
    }
    return true
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

  /// What a row is once it is mixed with another.
  var mixedEncoding: Encoding { encoding == .classIndices ? .probabilities : encoding }
}
