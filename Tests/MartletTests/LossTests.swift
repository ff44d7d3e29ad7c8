import Foundation
import Martlet
import MartletTestSupport
import Testing

/// The mean loss over the rows, and its gradient, the way a plan takes them.
func evaluate(_ loss: some Loss, logits: [Float], targets: Targets) -> (loss: Double, gradient: [Float]) {
  let values = loss.evaluate(logits: logits, targets: targets)
  return (values.mean, values.gradient(.mean))
}

@Suite("Cross-entropy")
struct CrossEntropyTests {
  @Test(
    "a class index and its one-hot row are bit-identical, smoothed or not", arguments: [0, 0.1, 0.3, 1] as [Float])
  func encodingsAgree(smoothing: Float) throws {
    let source = RandomSource(seed: 5)
    let logits = (0..<70).map { source.uniform(at: $0) * 20 - 10 }
    let indices = (0..<7).map { source.integer(below: 10, at: 100 + $0) }
    let hard = try Targets.classIndices(indices, classCount: 10)
    let oneHot = try Targets.probabilities((0..<7).flatMap { hard.distribution(at: $0) }, classCount: 10)
    let loss = CrossEntropy(labelSmoothing: smoothing)
    let (first, second) = (
      evaluate(loss, logits: logits, targets: hard), evaluate(loss, logits: logits, targets: oneHot)
    )
    #expect(first.loss.bitPattern == second.loss.bitPattern)
    #expect(first.gradient.map(\.bitPattern) == second.gradient.map(\.bitPattern))
  }

  @Test("a class index without smoothing is the negative logarithm of its softmax, and smoothing 1 forgets the label")
  func definition() throws {
    let logits: [Float] = [0.3, -1, 2]
    let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
    let softmax = logits.map { exp(Double($0)) / sum }
    let plain = evaluate(CrossEntropy(), logits: logits, targets: try .classIndices([1], classCount: 3))
    #expect(abs(plain.loss + log(softmax[1])) < 1e-6)
    #expect(relativeError(plain.gradient, [softmax[0], softmax[1] - 1, softmax[2]]) < 1e-6)
    let flat = CrossEntropy(labelSmoothing: 1)
    #expect(
      evaluate(flat, logits: logits, targets: try .classIndices([0], classCount: 3)).gradient
        == evaluate(flat, logits: logits, targets: try .classIndices([2], classCount: 3)).gradient)
  }

  @Test("a probability of 0 at a logit of minus infinity contributes nothing")
  func minusInfinity() throws {
    let targets = try Targets.probabilities([0.25, 0, 0.75], classCount: 3)
    let found = evaluate(CrossEntropy(), logits: [1, -.infinity, 1], targets: targets)
    #expect(abs(found.loss - log(2)) < 1e-6)
    #expect(found.gradient == [0.25, 0, -0.25])
  }

  /// A vector that PyTorch's own tests use, rounded there to four decimals.
  @Test("rows that do not sum to 1 weigh as much as they sum to")
  func unnormalized() throws {
    let logits: [Float] = [0.4, 0.8, 0.6, 0.3, 0, 0.5]
    let rows: [Float] = [6.2, -7.9, 3.4, 2.1, 8.6, -12.5]
    let targets = try Targets.probabilities(rows, classCount: 3, allowsUnnormalizedRows: true)
    let found = evaluate(CrossEntropy(), logits: logits, targets: targets)
    #expect(abs(found.loss - 3.9178) < 5e-5)
    let finding = GradientChecker(tolerance: 1e-6).check(
      found.gradient,
      of: { point in
        (0..<2).reduce(0) { sum, row in
          let columns = row * 3..<row * 3 + 3
          return sum + Reference.crossEntropy(
            logits: Array(point[columns]), distribution: rows[columns].map(Double.init), smoothing: 0) / 2
        }
      }, at: logits.map(Double.init))
    #expect(finding.isAcceptable, "\(finding)")
  }

  @Test("a confident and right row has a loss above 0")
  func confident() throws {
    let found = evaluate(
      CrossEntropy(), logits: [20, 0], targets: try .classIndices([0], classCount: 2))
    #expect(abs(found.loss / 2.0611536e-9 - 1) < 1e-5)
  }
}
