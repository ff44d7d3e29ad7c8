import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("The order of steps")
struct StepOrderTests {
  private func order(
    labelled: [Int], unlabelled: [Int], confident: (Int) -> Bool = { _ in true }, batchSize: Int = 4,
    _ change: (inout PseudoLabelling) -> Void = { _ in }
  ) -> StepOrder {
    var settings = PseudoLabelling()
    change(&settings)
    return StepOrder(
      labelled: labelled,
      unlabelled: UnlabelledImages(unlabelled, isConfident: unlabelled.map(confident), settings: settings),
      batchSize: batchSize, inputCount: labelled.count + unlabelled.count, seed: 3)
  }

  private func steps(_ order: StepOrder, epoch: Int = 1, time: Float = 0) -> [StepOrder.Step] {
    var order = order
    order.beginEpoch(epoch)
    return (0..<order.stepsPerEpoch).map { order.step($0, time: time) { _ in 1 } }
  }

  @Test("mixes labelled images and others, each once an epoch, and needs no weights for that")
  func mixed() {
    let order = order(labelled: Array(0..<5), unlabelled: Array(5..<18))
    let first = steps(order)
    #expect(first.map(\.images.count) == [4, 4, 4, 4, 2])
    #expect(first.flatMap(\.images).sorted() == Array(0..<18) && first.allSatisfy { $0.weights == nil })
    #expect(steps(order, epoch: 2).flatMap(\.images) != first.flatMap(\.images))
  }

  @Test("with batches of their own, an epoch is a pass over the images without labels, and many over the others")
  func apart() {
    let few = order(labelled: Array(0..<3), unlabelled: Array(3..<13), batchSize: 2) { $0.unlabelledBatchSize = 4 }
    let steps = steps(few)
    #expect(few.imagesPerStep == 6 && steps.map(\.images.count) == [6, 6, 4])
    // In the last, smaller step, both means are means all the same.
    for step in steps {
      let weights = zip(step.images, step.weights ?? [])
      let (labelled, others) = (weights.filter { $0.0 < 3 }.map(\.1), weights.filter { $0.0 >= 3 }.map(\.1))
      #expect(labelled.reduce(0, +) == Float(step.images.count) && others.reduce(0, +) == Float(step.images.count))
    }
    #expect(steps.flatMap(\.images).filter { $0 >= 3 }.sorted() == Array(3..<13))
    // Two labelled images a step: after one pass over all three comes another.
    let labelled = steps.flatMap(\.images).filter { $0 < 3 }
    // No pass is like another.
    let order = self.order(labelled: Array(0..<8), unlabelled: Array(8..<72), batchSize: 8) {
      $0.unlabelledBatchSize = 8
    }
    let passes = self.steps(order).map { $0.images.filter { $0 < 8 } }
    #expect(Set(passes).count == 8 && passes.allSatisfy { $0.sorted() == Array(0..<8) })
    #expect(
      labelled.count == 6 && labelled.prefix(3).sorted() == [0, 1, 2] && labelled.suffix(3).sorted() == [0, 1, 2])
  }

  @Test(
    "batches of their own have means of their own, over all images or the confident ones", arguments: [true, false])
  func means(all: Bool) throws {
    let order = order(
      labelled: [0, 1], unlabelled: Array(2..<10), confident: { $0 % 4 == 2 }, batchSize: 2
    ) {
      $0.unlabelledBatchSize = 8
      $0.weight = 3
      $0.mean = all ? .all : .confident
    }
    let step = steps(order)[0]
    let weights = try #require(step.weights)
    // The plan's mean divides by 10: the labelled mean by 2, the other by 8, or by the two confident ones.
    for (image, weight) in zip(step.images, weights) {
      let expected: Float = image < 2 ? 5 : image % 4 == 2 ? 30 / (all ? 8 : 2) : 0
      #expect(weight == expected)
    }
  }

  @Test("in mixed batches, one mean is over all images, or leaves out those that are not confident")
  func mixedMeans() throws {
    for (mean, factor) in [(PseudoLabelling.Mean.all, 1), (.confident, 10.0 / 6)] as [(PseudoLabelling.Mean, Float)] {
      let order = order(labelled: [0, 1], unlabelled: Array(2..<10), confident: { $0 < 6 }, batchSize: 10) {
        $0.weight = 0.5
        $0.mean = mean
        $0.threshold = 0.9
      }
      let step = steps(order)[0]
      for (image, weight) in zip(step.images, try #require(step.weights)) {
        #expect(weight == (image < 2 ? factor : image < 6 ? 0.5 * factor : 0))
      }
    }
  }

  @Test("pseudo-labels count nothing before the ramp, more and more on it, and all behind it")
  func ramp() {
    let order = order(labelled: [0, 1], unlabelled: [2, 3], batchSize: 4) {
      $0.ramp = 1...3
      $0.weight = 2
    }
    let times: [Float] = [0, 0.99, 1, 2, 3, 7]
    let weights = times.map { time in steps(order, time: time)[0].weights?.max() ?? -1 }
    #expect(weights == [1, 1, 1, 1, 2, 2])
    let unlabelled = times.map { time -> Float in
      let step = steps(order, time: time)[0]
      return zip(step.images, step.weights ?? []).first { $0.0 >= 2 }?.1 ?? -1
    }
    #expect(unlabelled == [0, 0, 0, 1, 2, 2])
  }

  @Test("images whose targets are ignored count for no mean")
  func ignored() throws {
    var order = order(labelled: [0, 1], unlabelled: [2, 3], batchSize: 2) { $0.unlabelledBatchSize = 2 }
    order.beginEpoch(1)
    let step = order.step(0, time: 0) { $0 == 1 ? 0 : 1 }
    for (image, weight) in zip(step.images, try #require(step.weights)) { #expect(weight == (image < 2 ? 3 : 1.5)) }
  }
}

@Suite("Labelled subsets")
struct LabelledSubsetTests {
  /// Class 0 has six images, class 1 three, class 2 one.
  private static let labels: [UInt8] = [0, 0, 1, 0, 2, 0, 1, 0, 1, 0]
  private static let images = Dataset(
    name: "x", split: "train", imageShape: [1, 1, 1], classNames: ["a", "b", "c"],
    pixels: Array(repeating: 0, count: 10), labels: labels)

  private func counts(_ positions: [Int]) -> [Int] {
    (0..<3).map { label in positions.count { Self.labels[$0] == label } }
  }

  @Test("balanced ones have as many of each class, as far as there are enough")
  func balanced() {
    for seed in 0..<20 as Range<UInt64> {
      let three = LabelledSubset.balanced(3).positions(in: Self.images, seed: seed)
      #expect(counts(three) == [1, 1, 1] && three == three.sorted())
      let five = counts(LabelledSubset.balanced(5).positions(in: Self.images, seed: seed))
      #expect(five.reduce(0, +) == 5 && five.max() == 2 && five[2] == 1)
      #expect(counts(LabelledSubset.balanced(8).positions(in: Self.images, seed: seed)) == [4, 3, 1])
      // A class with too few images leaves its share to the others, as much to each.
      let seven = counts(LabelledSubset.balanced(7).positions(in: Self.images, seed: seed))
      #expect(seven == [3, 3, 1])
    }
    #expect(Set((0..<20).map { LabelledSubset.balanced(3).positions(in: Self.images, seed: $0) }).count > 3)
  }

  @Test("random ones follow the seed, first ones do not, and no more are taken than there are")
  func others() {
    let random = (0..<20).map { LabelledSubset.random(4).positions(in: Self.images, seed: $0) }
    #expect(Set(random).count > 5 && random.allSatisfy { $0.count == 4 && Set($0).count == 4 && $0 == $0.sorted() })
    #expect(LabelledSubset.first(4).positions(in: Self.images, seed: 9) == [0, 1, 2, 3])
    for subset in [LabelledSubset.all, .first(99), .random(99), .balanced(10)] {
      #expect(subset.positions(in: Self.images, seed: 1) == Array(0..<10))
    }
  }
}
