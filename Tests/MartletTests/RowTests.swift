import Foundation
import Martlet
import Testing

/// A residual network with everything whose rows need each other, or random numbers.
private func residualNetwork() throws -> Network {
  try Network(
    Sequential {
      Conv2d(2, 6, kernelSize: 3, padding: 1, bias: false)
      BatchNorm2d(6)
      ReLU()
      Residual {
        Conv2d(6, 6, kernelSize: 3, padding: 1, bias: false)
        BatchNorm2d(6)
        ReLU()
        Conv2d(6, 6, kernelSize: 3, padding: 1)
        GroupNorm(groups: 2, channels: 6)
      }
      Concatenation {
        Conv2d(6, 5, kernelSize: 1)
        AvgPool2d(3, stride: 1, padding: 1)
      }
      MaxPool2d(2)
      Flatten()
      Dropout(0.3)
      Linear(11 * 16, 80)
      BatchNorm1d(80)
      ReLU()
      Dropout(0.5)
      Linear(80, 4)
    }, inputShape: [2, 8, 8])
}

private struct Scene {
  let inputs: DenseInputs
  let targets: Targets
  let augmented: AugmentedInputs

  init(count: Int = 200) throws {
    let source = RandomSource(seed: 21)
    inputs = DenseInputs(
      (0..<count * 128).map { source.uniform(at: $0) * 2 - 1 }, shape: [2, 8, 8], normalization: .minusOneToOne)
    targets = try .classIndices(
      (0..<count).map { source.stream("labels").integer(below: 4, at: $0) }, classCount: 4)
    augmented = AugmentedInputs(
      inputs,
      [
        RandomHorizontalFlip(), RandomCrop(padding: 2), AlternatingHorizontalFlip(),
        RandomCrop(padding: 1, mode: .reflect), ColorJitter(brightness: 0.2, contrast: 0.2), Cutout(size: 2),
        RandomErasing(),
      ])
  }

  /// Rows of a step, each in a view of its own, every second one mixed with the one before it.
  func batch(_ step: Int, size: Int) -> Batch {
    let rows = (0..<size).map { place in
      let example = (step * size + place) % inputs.count
      return BatchRow(
        example: example, view: step + 1, weight: place == 1 ? 0.5 : 1,
        partner: place % 2 == 1
          ? .init(
            example: (example + 7) % inputs.count, share: 0.3,
            region: place % 4 == 1 ? nil : ImageRegion(rows: 0..<3, columns: step % 4..<8)) : nil)
    }
    return Batch(inputs: augmented, targets: targets, rows: rows, random: RandomSource(seed: 5).stream("views"))
  }
}

@Suite("Rows that need each other, random numbers and mixtures")
struct RowTests {
  private func train(threads: Int, batchSize: Int, steps: Int = 6, clips: Bool = false) throws -> [UInt32] {
    let scene = try Scene()
    var plan = TrainingPlan(
      try residualNetwork(), batchSize: batchSize, loss: CrossEntropy(labelSmoothing: 0.1),
      optimizer: AdamW(learningRate: 0.01), seed: 3, groups: [.init(.roles([.bias, .scale]), weightDecay: 0)],
      maximumGradientNorm: clips ? 0.5 : nil, team: ThreadTeam(threadCount: threads))
    for step in 0..<steps { plan.step(scene.batch(step, size: batchSize)) }
    return plan.parameters.values.map(\.bitPattern)
  }

  @Test(
    "batch norm, dropout, augmentations and mixtures train bit-identically with 1, 2, 3, 5 and 7 threads",
    arguments: [2, 7, 64, 200])
  func bitIdentical(batchSize: Int) throws {
    let one = try train(threads: 1, batchSize: batchSize)
    for threads in [2, 3, 5, 7] {
      let many = try train(threads: threads, batchSize: batchSize)
      #expect(differences(one, many) == 0, "\(threads) threads")
    }
    #expect(one.allSatisfy { Float(bitPattern: $0).isFinite })
  }

  @Test("clipped gradients, too", arguments: [7, 64])
  func bitIdenticalClipped(batchSize: Int) throws {
    let one = try train(threads: 1, batchSize: batchSize, clips: true)
    let three = try train(threads: 3, batchSize: batchSize, clips: true)
    #expect(differences(one, three) == 0)
    let unclipped = try train(threads: 1, batchSize: batchSize)
    #expect(differences(one, unclipped) > 0)
  }

  /// Without batch statistics, a large batch goes through the network in parts.
  private func trainInParts(threads: Int, batchSize: Int) throws -> [UInt32] {
    let network = try Network(
      Sequential {
        Conv2d(3, 16, kernelSize: 3, padding: 1)
        GroupNorm(groups: 4, channels: 16)
        ReLU()
        AvgPool2d(4)
        Flatten()
        Dropout(0.3)
        Linear(16 * 64, 4)
      }, inputShape: [3, 32, 32])
    let source = RandomSource(seed: 8)
    let inputs = DenseInputs((0..<90 * 3072).map { source.uniform(at: $0) - 0.5 }, shape: [3, 32, 32])
    let targets = try Targets.classIndices((0..<90).map { $0 % 4 }, classCount: 4)
    var plan = TrainingPlan(
      network, batchSize: batchSize, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.1, momentum: 0.9), seed: 3,
      maximumGradientNorm: 0.2, team: ThreadTeam(threadCount: threads))
    let augmented = AugmentedInputs(inputs, [RandomHorizontalFlip(), RandomCrop(padding: 1)])
    for step in 1...3 {
      let rows = (0..<90).map { BatchRow(example: $0, view: step, partner: .init(example: 89 - $0, share: 0.25)) }
      plan.step(Batch(inputs: augmented, targets: targets, rows: rows, random: source.stream("views")))
    }
    return plan.parameters.values.map(\.bitPattern)
  }

  @Test("a batch in several parts trains to the same bits for any number of threads")
  func parts() throws {
    let one = try trainInParts(threads: 1, batchSize: 90)
    for threads in [2, 3, 5, 7] {
      let many = try trainInParts(threads: threads, batchSize: 90)
      #expect(differences(one, many) == 0, "\(threads) threads")
    }
    // A plan with room for more rows has the same parts here; views and masks depend on places in the batch alone.
    let roomier = try trainInParts(threads: 2, batchSize: 120)
    #expect(differences(one, roomier) == 0)
  }

  @Test("dropout in a plan is what its definition says, also in a batch of several parts")
  func dropoutInPlan() throws {
    // The gradient of a linear layer on dropped ones shows the mask, row by row.
    let network = try Network(
      Sequential {
        Flatten()
        Dropout(0.4).named("drop")
        Linear(40_000, 2, bias: false).named("last")
      }, inputShape: [1, 200, 200])
    let inputs = DenseInputs(Array(repeating: 1, count: 40 * 40_000), shape: [1, 200, 200])
    var parameters = Parameters(of: network, seed: 0)
    parameters["last.weight"] = Array(repeating: 0, count: 80_000)
    for row in [0, 35] {
      // Only that row has a target.
      let targets = try Targets.classIndices(Array(repeating: 0, count: 40), classCount: 2)
        .ignoring((0..<40).filter { $0 != row })
      var plan = TrainingPlan(
        network, batchSize: 40, loss: CrossEntropy(), optimizer: SGD(learningRate: 0), parameters: parameters,
        seed: 6, keepsGradients: true)
      plan.stepCount = 4
      plan.step(Batch(inputs: inputs, targets: targets))
      let gradient = plan.gradients["last.weight"]
      // Value 1 is what the dropout makes: the input is value 0.
      let random = RandomSource(seed: 6).stream("layers").stream("drop").stream(1).stream(4).stream(row)
      let isRight = (0..<40_000).allSatisfy { (gradient[$0] != 0) == (random.uniform(at: $0) >= 0.4) }
      #expect(isRight, "row \(row)")
    }
  }

  /// Has a gradient that is NaN at the first class alone.
  private struct HalfNaN: Loss {
    func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
      gradient[0] = .nan
      gradient[1] = 1
      return 1
    }
  }

  @Test("a NaN among the gradients makes all of them NaN where they are clipped, as in PyTorch")
  func clippingNaN() throws {
    let network = try Network(Linear(2, 2, bias: false), inputShape: [2])
    func weights(_ maximumNorm: Float?) throws -> [Float] {
      var plan = TrainingPlan(
        network, batchSize: 1, loss: HalfNaN(), optimizer: SGD(learningRate: 1), seed: 1,
        maximumGradientNorm: maximumNorm)
      plan.step(Batch(inputs: DenseInputs([1, 1], shape: [2]), targets: try .classIndices([0], classCount: 2)))
      return plan.parameters.values
    }
    let (plain, clipped) = (try weights(nil), try weights(1))
    #expect(plain.count { $0.isNaN } == 2)
    #expect(clipped.allSatisfy { $0.isNaN })
  }

  @Test("augmented inputs around augmented inputs draw numbers of their own")
  func nested() {
    let inputs = DenseInputs((0..<16).map(Float.init), shape: [1, 4, 4])
    let twice = AugmentedInputs(AugmentedInputs(inputs, [RandomHorizontalFlip()]), [RandomHorizontalFlip()])
    let mirrored = (1...40).count { number in
      var row = [Float](repeating: 0, count: 16)
      var span = row.mutableSpan
      twice.read(0, as: View(number, of: 0, random: RandomSource(seed: 1)), into: &span)
      return row[0] == 3
    }
    #expect((8...32).contains(mirrored))
  }

  @Test("a mixed row is the mixture of both inputs, with the mixture of both targets")
  func mixture() throws {
    let scene = try Scene()
    let network = try Network(
      Sequential {
        Flatten()
        Linear(128, 4)
      }, inputShape: [2, 8, 8])
    var mixed = TrainingPlan(network, batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 1)
    let result = mixed.step(
      Batch(
        inputs: scene.inputs, targets: scene.targets,
        rows: [BatchRow(example: 3, partner: .init(example: 5, share: 0.25))]))
    var (first, second) = ([Float](repeating: 0, count: 128), [Float](repeating: 0, count: 128))
    var firstSpan = first.mutableSpan
    var secondSpan = second.mutableSpan
    scene.inputs.read(3, as: .plain, into: &firstSpan)
    scene.inputs.read(5, as: .plain, into: &secondSpan)
    let input = zip(first, second).map { 0.75 * $0 + 0.25 * $1 }
    let target = zip(scene.targets.distribution(at: 3), scene.targets.distribution(at: 5)).map { 0.75 * $0 + 0.25 * $1 }
    var plain = TrainingPlan(network, batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 1)
    let expected = plain.step(
      Batch(inputs: DenseInputs(input, shape: [2, 8, 8]), targets: try .probabilities(target, classCount: 4)))
    #expect(abs(result.loss - expected.loss) < 1e-6 * expected.loss)
    let (found, wanted) = (mixed.parameters.values, plain.parameters.values)
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("a row with a region of its partner is put together out of both inputs, with the mixture of both targets")
  func region() throws {
    let scene = try Scene()
    let network = try Network(
      Sequential {
        Flatten()
        Linear(128, 4)
      }, inputShape: [2, 8, 8])
    var mixed = TrainingPlan(network, batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 1)
    let result = mixed.step(
      Batch(
        inputs: scene.inputs, targets: scene.targets,
        rows: [
          BatchRow(
            example: 3, partner: .init(example: 5, share: 0.25, region: ImageRegion(rows: 1..<5, columns: 4..<8)))
        ]))
    func read(_ example: Int) -> [Float] {
      var row = [Float](repeating: 0, count: 128)
      var span = row.mutableSpan
      scene.inputs.read(example, as: .plain, into: &span)
      return row
    }
    let (first, second) = (read(3), read(5))
    let input = first.indices.map { (1..<5).contains($0 / 8 % 8) && $0 % 8 >= 4 ? second[$0] : first[$0] }
    let target = zip(scene.targets.distribution(at: 3), scene.targets.distribution(at: 5)).map { 0.75 * $0 + 0.25 * $1 }
    var plain = TrainingPlan(network, batchSize: 1, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 1)
    let expected = plain.step(
      Batch(inputs: DenseInputs(input, shape: [2, 8, 8]), targets: try .probabilities(target, classCount: 4)))
    #expect(abs(result.loss - expected.loss) < 1e-6 * expected.loss)
    #expect(zip(mixed.parameters.values, plain.parameters.values).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test("a row that is mixed with one without a target has none")
  func ignoredPartner() throws {
    let scene = try Scene()
    let network = try Network(
      Sequential {
        Flatten()
        Linear(128, 4)
      }, inputShape: [2, 8, 8])
    var plan = TrainingPlan(network, batchSize: 2, loss: CrossEntropy(), optimizer: SGD(learningRate: 1), seed: 1)
    let result = plan.step(
      Batch(
        inputs: scene.inputs, targets: scene.targets.ignoring([5]),
        rows: [BatchRow(example: 3, partner: .init(example: 5, share: 0.25)), BatchRow(example: 4)]))
    #expect(result.denominator == 1)
  }

  @Test("views differ, repeat, and are drawn by their definition")
  func views() throws {
    let inputs = DenseInputs((0..<32).map(Float.init), shape: [2, 4, 4])
    let augmented = AugmentedInputs(inputs, [RandomHorizontalFlip(), RandomCrop(padding: 1)])
    func read(_ view: View) -> [Float] {
      var row = [Float](repeating: .nan, count: 32)
      var span = row.mutableSpan
      augmented.read(0, as: view, into: &span)
      return row
    }
    #expect(read(.plain) == (0..<32).map(Float.init))
    var seen = Set<[Float]>()
    for number in 1...60 {
      let random = RandomSource(seed: 1).stream(number).stream(0)
      let row = read(View(number, of: 0, random: RandomSource(seed: 1)))
      #expect(row == read(View(number, of: 0, random: RandomSource(seed: 1))))
      let isFlipped = random.stream(0).uniform(at: 0) < 0.5
      let down = 1 - random.stream(1).integer(below: 3, at: 0)
      let right = 1 - random.stream(1).integer(below: 3, at: 1)
      for index in 0..<32 {
        let (plane, y, x) = (index / 16, index / 4 % 4 - down, index % 4 - right)
        let isInside = (0..<4).contains(y) && (0..<4).contains(x)
        let expected = isInside ? Float(plane * 16 + y * 4 + (isFlipped ? 3 - x : x)) : 0
        #expect(row[index] == expected)
      }
      seen.insert(row)
    }
    #expect(seen.count > 12)
  }

  @Test("a NaN in one row stays out of the other rows' values, except through batch statistics")
  func notANumber() throws {
    func logits(_ network: Network, poisoned: Bool) throws -> [Float] {
      var values = (0..<3 * 32).map { Float($0 % 7) - 3 }
      if poisoned { values[40] = .nan }
      var plan = InferencePlan(network, batchSize: 3, parameters: Parameters(of: network, seed: 2))
      let logits = plan.logits(for: DenseInputs(values, shape: [2, 4, 4]), at: [0, 1, 2])
      return logits.indices.map { logits[$0] }
    }
    let network = try Network(
      Sequential {
        Conv2d(2, 4, kernelSize: 3, padding: 1)
        GroupNorm(groups: 2, channels: 4)
        BatchNorm2d(4)
        ReLU()
        LayerNorm([4, 4, 4])
        AdaptiveAvgPool2d(1)
        Flatten()
        Linear(4, 2)
      }, inputShape: [2, 4, 4])
    let (clean, poisoned) = (try logits(network, poisoned: false), try logits(network, poisoned: true))
    #expect(poisoned[2...3].allSatisfy { $0.isNaN })
    #expect(clean[0...1] == poisoned[0...1] && clean[4...5] == poisoned[4...5])
    // In training, too, the gradient of another row's inputs is as it was.
    func inputGradient(poisoned: Bool) throws -> [Float] {
      let plain = try Network(
        Sequential {
          Linear(2, 3, bias: false).named("first")
          GroupNorm(groups: 1, channels: 3, affine: false)
          Linear(3, 2, bias: false)
        }, inputShape: [2])
      var plan = TrainingPlan(
        plain, batchSize: 2, loss: CrossEntropy(), optimizer: SGD(learningRate: 0), seed: 1, keepsGradients: true)
      // The poisoned row has no target, so that its gradients are 0 times what it is.
      plan.step(
        Batch(
          inputs: DenseInputs([1, 2, poisoned ? 1e30 : 3, 4], shape: [2]),
          targets: try Targets.classIndices([1, 0], classCount: 2).ignoring([1])))
      return plan.gradients["first.weight"]
    }
    let (cleanGradient, otherGradient) = (try inputGradient(poisoned: false), try inputGradient(poisoned: true))
    #expect(cleanGradient == otherGradient && cleanGradient.contains { $0 != 0 })
    // In training, the batch's statistics carry it to all rows, and so to every weight before them.
    var values = (0..<3 * 32).map { Float($0 % 7) - 3 }
    values[40] = .nan
    var plan = TrainingPlan(
      network, batchSize: 3, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.1), seed: 2)
    plan.step(
      Batch(
        inputs: DenseInputs(values, shape: [2, 4, 4]), targets: try .classIndices([0, 1, 0], classCount: 2)))
    let mean = plan.parameters["2.running_mean"]
    #expect(mean.contains { $0.isNaN })
  }
}

@Suite("Dropout")
struct DropoutTests {
  @Test("the mask is what the stream says, on both ways, and its mean is kept")
  func mask() throws {
    let runner = DropoutRunner()
    let (output, gradient) = runner.run(probability: 0.25, rows: 40, width: 50, step: 7)
    let random = RandomSource(seed: 9).stream(7)
    var kept = 0
    for row in 0..<40 {
      for index in 0..<50 {
        let isKept = random.stream(row).uniform(at: index) >= 0.25
        kept += isKept ? 1 : 0
        #expect(output[row * 50 + index] == (isKept ? 1 / 0.75 : 0))
        #expect(gradient[row * 50 + index] == (isKept ? 2 / 0.75 : 0))
      }
    }
    #expect(abs(Double(kept) / 2000 - 0.75) < 0.04)
    let other = runner.run(probability: 0.25, rows: 40, width: 50, step: 8)
    #expect(other.output != output)
  }

  private struct DropoutRunner {
    func run(probability: Float, rows: Int, width: Int, step: Int) -> (output: [Float], gradient: [Float]) {
      guard
        let runner = try? LayerRunner(
          Dropout(probability), inputShape: [width], rows: rows, seed: 9, step: step)
      else { return ([], []) }
      let ones = Array(repeating: Float(1), count: rows * width)
      return (
        runner.forward(input: ones, parameters: []),
        runner.backward(input: ones, parameters: [], outputGradient: ones.map { 2 * $0 })
      )
    }
  }

  @Test("nothing is dropped when the network is not being trained")
  func inference() throws {
    let runner = try LayerRunner(Dropout(0.9), inputShape: [30], rows: 2, isTraining: false)
    let input = (0..<60).map(Float.init)
    #expect(runner.forward(input: input, parameters: []) == input)
  }
}
