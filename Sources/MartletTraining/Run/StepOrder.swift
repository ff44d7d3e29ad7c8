import Martlet
import Requirements

/// Which images each step of an epoch takes, and how much each of them counts.
struct StepOrder: Sendable {
  /// The images of a step, by their positions among the inputs, and what each counts; nil for 1.
  struct Step {
    let images: ArraySlice<Int>
    let weights: [Float]?
  }

  /// What an image has for a label.
  private enum Group: Int { case labelled, confident, unsure }

  private let batchSize: Int
  private let source: RandomSource?
  /// The images of the first kind, of which a step takes `batchSize`: the labelled ones, or those of both kinds, mixed.
  private let examples: [Int]
  private let unlabelled: UnlabelledImages?
  /// (inputs), or empty without pseudo-labels.
  private var groups: [Group] = []
  private var order: [Int] = []
  private var unlabelledOrder: [Int] = []

  /// The steps of an epoch.
  let stepsPerEpoch: Int
  /// The most images of a step.
  let imagesPerStep: Int

  /// - Parameters:
  ///   - labelled: the images with labels.
  ///   - unlabelled: the images with pseudo-labels.
  ///   - batchSize: the images of a step, or those with labels, if a step has others beside them.
  ///   - inputCount: the number of inputs.
  ///   - seed: what the order depends on; nil takes the images as they come.
  init(labelled: [Int], unlabelled: UnlabelledImages?, batchSize: Int, inputCount: Int, seed: UInt64?) {
    self.unlabelled = unlabelled
    source = seed.map { RandomSource(seed: $0) }
    if let unlabelled {
      groups = Array(repeating: .labelled, count: inputCount)
      for (index, example) in unlabelled.examples.enumerated() {
        require(groups.indices.contains(example), "There is no image \(example) among \(inputCount).")
        groups[example] = unlabelled.isConfident[index] ? .confident : .unsure
      }
    }
    guard let size = unlabelled?.settings.unlabelledBatchSize, let unlabelled else {
      examples = unlabelled.map { (labelled + $0.examples).sorted() } ?? labelled
      self.batchSize = batchSize
      imagesPerStep = batchSize
      stepsPerEpoch = (examples.count + batchSize - 1) / batchSize
      return
    }
    require(
      !labelled.isEmpty && !unlabelled.examples.isEmpty, "Steps with images of both kinds need images of both kinds.")
    examples = labelled
    self.batchSize = min(batchSize, labelled.count)
    imagesPerStep = self.batchSize + size
    stepsPerEpoch = (unlabelled.examples.count + size - 1) / size
  }

  /// The images of the smallest step of an epoch: the last one, if the others do not come out even.
  var fewestImagesPerStep: Int {
    func smallest(_ count: Int, _ size: Int) -> Int { count % size > 0 ? count % size : size }
    // A batch of labelled images beside others is always whole.
    guard let size = unlabelled?.settings.unlabelledBatchSize, let unlabelled else {
      return smallest(examples.count, batchSize)
    }
    return batchSize + smallest(unlabelled.examples.count, size)
  }

  /// Draws the order of `epoch`, which counts from 1.
  mutating func beginEpoch(_ epoch: Int) {
    guard let unlabelled, unlabelled.settings.unlabelledBatchSize != nil else {
      order = shuffled(examples, "order", epoch)
      return
    }
    // A pass over the images with pseudo-labels takes many passes over the others, each in an order of its own.
    unlabelledOrder = shuffled(unlabelled.examples, "order", epoch)
    let needed = stepsPerEpoch * batchSize
    order = []
    order.reserveCapacity(needed)
    var pass = 1
    while order.count < needed {
      order += shuffled(examples, "labelled order", epoch, pass).prefix(needed - order.count)
      pass += 1
    }
  }

  private func shuffled(_ images: [Int], _ name: String, _ numbers: Int...) -> [Int] {
    guard let source else { return images }
    let stream = numbers.reduce(source.stream(name)) { $0.stream($1) }
    return stream.permutation(of: images.count).map { images[$0] }
  }

  /// The step at `index` of the epoch.
  ///
  /// - Parameters:
  ///   - time: in epochs since training started.
  ///   - denominator: what an image adds to the denominator of the mean.
  func step(_ index: Int, time: Float, denominator: (Int) -> Double) -> Step {
    let labelled = order[index * batchSize..<min((index + 1) * batchSize, order.count)]
    guard let unlabelled else { return Step(images: labelled, weights: nil) }
    let settings = unlabelled.settings
    guard !settings.isPlain else { return Step(images: labelled, weights: nil) }
    var images = labelled
    if let size = settings.unlabelledBatchSize {
      images += unlabelledOrder[index * size..<min((index + 1) * size, unlabelledOrder.count)]
    }
    return Step(images: images, weights: weights(images, settings, time: time, denominator))
  }

  /// What tells images with labels, with confident pseudo-labels and with others apart.
  func group(of image: Int) -> Int { groups.isEmpty ? Group.labelled.rawValue : groups[image].rawValue }

  /// The weights that make a plan's mean over all images of a step the sum of the means that `settings` ask for.
  private func weights(
    _ images: ArraySlice<Int>, _ settings: PseudoLabelling, time: Float, _ denominator: (Int) -> Double
  ) -> [Float] {
    var (labelled, confident, unsure) = (0.0, 0.0, 0.0)
    for image in images {
      switch groups[image] {
      case .labelled: labelled += denominator(image)
      case .confident: confident += denominator(image)
      case .unsure: unsure += denominator(image)
      }
    }
    let all = labelled + confident + unsure
    func factor(_ divisor: Double) -> Float { divisor > 0 ? Float(all / divisor) : 0 }
    let counted = settings.mean == .all ? confident + unsure : confident
    let isApart = settings.unlabelledBatchSize != nil
    let labelledWeight = factor(isApart ? labelled : labelled + counted)
    let unlabelledWeight = settings.weight(at: time) * factor(isApart ? counted : labelled + counted)
    return images.map { image in
      switch groups[image] {
      case .labelled: labelledWeight
      case .confident: unlabelledWeight
      case .unsure: 0
      }
    }
  }
}
