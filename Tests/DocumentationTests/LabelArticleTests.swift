import Martlet
import Testing

/// Whether `value` starts with the digits that the article shows.
private func shows(_ value: Double, _ digits: String) -> Bool { "\(value)".hasPrefix(digits) }

@Suite("The article 'Hard, one-hot, smoothed, soft: what each loss computes'")
struct LabelArticleTests {
  @Test("an index and its one-hot row")
  func oneHotRows() throws {
    let logits: [Float] = [2, -1, 0.5, 0, 3, -2]
    let dense = try Targets.classIndices([0, 1], classCount: 3)
    let oneHot = try Targets.probabilities([1, 0, 0, 0, 1, 0], classCount: 3)
    let (first, second) = (
      CrossEntropy().evaluate(logits: logits, targets: dense), CrossEntropy().evaluate(logits: logits, targets: oneHot)
    )
    print(first.rows == second.rows, first.gradient(.mean) == second.gradient(.mean))  // true true
    print(try oneHot.asClassIndices() == dense)  // true
    #expect(first.rows == second.rows && first.gradient(.mean) == second.gradient(.mean))
    #expect(try oneHot.asClassIndices() == dense)
  }

  @Test("class weights")
  func weights() throws {
    let scores: [Float] = [0.2, 0.3, 0.5, 0.5, 0.2, 0.3]
    let labels = try Targets.classIndices([2, 1], classCount: 3)
    let likePyTorch = CrossEntropy(classWeights: [2, 4, 6])
    print(likePyTorch.evaluate(logits: scores, targets: labels).mean)  // 1.059…
    print(likePyTorch.evaluate(logits: scores, targets: labels.asProbabilities()).mean)  // 5.299…
    let fair = CrossEntropy(classWeights: [2, 4, 6], denominator: .effectiveWeight)
    print(fair.evaluate(logits: scores, targets: labels).mean)  // 1.059…
    print(fair.evaluate(logits: scores, targets: labels.asProbabilities()).mean)  // 1.059…
    #expect(shows(likePyTorch.evaluate(logits: scores, targets: labels).mean, "1.059"))
    #expect(shows(likePyTorch.evaluate(logits: scores, targets: labels.asProbabilities()).mean, "5.299"))
    #expect(shows(fair.evaluate(logits: scores, targets: labels).mean, "1.059"))
    #expect(shows(fair.evaluate(logits: scores, targets: labels.asProbabilities()).mean, "1.059"))
  }

  @Test("the loss that is posted, and its mean")
  func posted() throws {
    let posted = FormulaLoss { logits, target in
      -(target * logSoftmax(logits)).sum()
    }
    let soft = try Targets.probabilities([0.7, 0.2, 0.1, 0, 0.5, 0.5], classCount: 3)
    let mine = posted.evaluate(logits: [2, -1, 0.5, 0, 3, -2], targets: soft)
    let builtIn = CrossEntropy().evaluate(logits: [2, -1, 0.5, 0, 3, -2], targets: soft)
    print(mine.rows == builtIn.rows, mine.rowGradients == builtIn.rowGradients)  // true true
    #expect(mine.rows == builtIn.rows && mine.rowGradients == builtIn.rowGradients)
    let averaged = FormulaLoss { logits, target in
      -(target * logSoftmax(logits)).mean()
    }
    let small = averaged.evaluate(logits: [2, -1, 0.5], targets: try .classIndices([1], classCount: 3))
    let whole = posted.evaluate(logits: [2, -1, 0.5], targets: try .classIndices([1], classCount: 3))
    print(whole.rowGradients[1] / small.rowGradients[1])  // 3.0
    #expect(whole.rowGradients[1] / small.rowGradients[1] == 3)
  }

  @Test("a second softmax")
  func softmaxTwice() throws {
    let certain: [Float] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let label = try Targets.classIndices([0], classCount: 10)
    print(CrossEntropy().evaluate(logits: certain, targets: label).mean)  // 1.461…
    #expect(shows(CrossEntropy().evaluate(logits: certain, targets: label).mean, "1.461"))
  }

  @Test("another smoothing")
  func smoothing() throws {
    let smoothing: Float = 0.09
    let others = smoothing / 9
    let row = [1 - smoothing] + Array(repeating: others, count: 9)
    let usual = try Targets.classIndices([0], classCount: 10).smoothed(by: smoothing * 10 / 9)
    print(zip(row, usual.distribution(at: 0)).allSatisfy { abs($0 - $1) < 1e-6 })  // true
    #expect(zip(row, usual.distribution(at: 0)).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("an attached teacher")
  func teacher() throws {
    let attached = FormulaLoss { logits, _ in -(softmax(logits) * logSoftmax(logits)).sum() }
    let detached = FormulaLoss { logits, _ in -(softmax(logits).detached() * logSoftmax(logits)).sum() }
    let any = try Targets.classIndices([0], classCount: 3)
    let (a, d) = (
      attached.evaluate(logits: [2, -1, 0.5], targets: any), detached.evaluate(logits: [2, -1, 0.5], targets: any)
    )
    print(a.rows == d.rows)  // true
    print(a.rowGradients.contains { abs($0) > 0.1 })  // true
    print(d.rowGradients.allSatisfy { abs($0) < 1e-6 })  // true
    let (isPulled, isLeft) = (a.rowGradients.contains { abs($0) > 0.1 }, d.rowGradients.allSatisfy { abs($0) < 1e-6 })
    #expect(a.rows == d.rows && isPulled && isLeft)
  }

  @Test("a wrong gradient")
  func gradient() throws {
    struct Forgetful: Loss {
      func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
        let value = CrossEntropy().evaluate(logits: logits, target: target, gradient: &gradient)
        if let label = target.classIndex { gradient[label] += 0.1 }
        return value
      }
    }

    let check = checkGradient(of: Forgetful(), logits: [2, -1, 0.5], targets: try .classIndices([1], classCount: 3))
    print(check.isCorrect)  // false
    print(check)  // The gradient is wrong. logits, row 0, class 1: the gradient says -0.860…
    #expect(!check.isCorrect)
    #expect("\(check)".hasPrefix("The gradient is wrong. logits, row 0, class 1: the gradient says -0.860"))
  }

  @Test("what KL divergence adds")
  func divergence() throws {
    let distributions = try Targets.probabilities([0.5, 0.25, 0.25], classCount: 3)
    let cross = CrossEntropy().evaluate(logits: [2, -1, 0.5], targets: distributions)
    let divergence = KLDivergence().evaluate(logits: [2, -1, 0.5], targets: distributions)
    print(cross.mean - divergence.mean)  // 1.039…, the entropy of (0.5, 0.25, 0.25)
    print(cross.rowGradients == divergence.rowGradients)  // true
    #expect(shows(cross.mean - divergence.mean, "1.039") && cross.rowGradients == divergence.rowGradients)
  }

  @Test("when binary cross-entropy is right")
  func binary() throws {
    let tags = try Targets.independentProbabilities([1, 1, 0, 0, 0.5, 0], labelCount: 3)
    let perLabel = BinaryCrossEntropyWithLogits().evaluate(logits: [3, 2, -4, -1, 0, -2], targets: tags)
    print(perLabel.rows.count, perLabel.mean < 0.3)  // 2 true
    #expect(perLabel.rows.count == 2 && perLabel.mean < 0.3)
    let oneLogit = BinaryCrossEntropyWithLogits().evaluate(
      logits: [1.5], targets: try .independentProbabilities([0.8], labelCount: 1))
    let twoLogits = CrossEntropy().evaluate(logits: [0, 1.5], targets: try .probabilities([0.2, 0.8], classCount: 2))
    print(abs(oneLogit.mean - twoLogits.mean) < 1e-6)  // true
    #expect(abs(oneLogit.mean - twoLogits.mean) < 1e-6)
  }

  @Test("shapes, and ways between encodings")
  func shapes() throws {
    let pixels = try Targets.classIndices([0, 1, 1, 255], classCount: 2, positions: [2, 2], ignoreIndex: 255)
    let values = CrossEntropy().evaluate(logits: [1, 0, 0, 9, 0, 1, 2, -9], targets: pixels)
    print(pixels.count, values.rows.count, values.denominator)  // 1 4 3.0
    #expect(pixels.count == 1 && values.rows.count == 4 && values.denominator == 3)
    let tied = try Targets.probabilities([0.4, 0.4, 0.2], classCount: 3)
    print(try tied.hardened(ties: .lowestClass).target(at: 0).classIndex ?? -1)  // 0
    do { _ = try tied.asClassIndices() } catch { print(error) }
    // Target row 0 is not one-hot: class 0 has 0.4, where one class must have 1 and all others 0. …
    #expect(try tied.hardened(ties: .lowestClass).target(at: 0).classIndex == 0)
    do {
      _ = try tied.asClassIndices()
      Issue.record("A distribution passed for one-hot.")
    } catch {
      let words = "Target row 0 is not one-hot: class 0 has 0.4, where one class must have 1 and all others 0. "
      #expect("\(error)".hasPrefix(words))
    }
  }
}
