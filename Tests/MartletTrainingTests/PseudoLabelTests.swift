import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("Trials with pseudo-labels")
struct PseudoLabelTrialTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  /// A recipe with 20 labels that learns from a teacher, which is trained in the same way.
  private func recipe(
    _ source: LabelSettings.Source? = nil, labelled: LabelledSubset = .first(20), folds: Int = 1, epochs: Int = 1,
    ignoreIndex: Int? = nil, _ change: (inout LabelSettings) -> Void = { _ in }
  ) throws -> Recipe {
    var teacher = try Recipe.example(epochs: epochs)
    teacher.labels.labelled = labelled
    teacher.labels.ignoreIndex = ignoreIndex
    var recipe = teacher.with("soft", source ?? .trainedTeacher(teacher, folds: folds))
    change(&recipe.labels)
    return recipe
  }

  private struct Run {
    var result: TrialResult
    var weights: [Float] = []
    /// The soft labels of each round.
    var rows: [[Float]] = []
    var teacherImages: [Int] = []
  }

  private func run(_ recipe: Recipe, on training: Dataset = training) throws -> Run {
    var (weights, rows, teacherImages) = ([Float](), [[Float]](), [Int]())
    let result = try recipe.run(seed: 1, training: training, test: Self.test) { event in
      switch event {
      case .trained(_, let trained): weights = trained.parameters.values
      case .softLabels(_, let round, let labels):
        #expect(round == rows.count + 1)
        rows.append(labels)
      case .start(_, isTeacher: true, let count): teacherImages.append(count)
      default: break
      }
    }
    return Run(result: result, weights: weights, rows: rows, teacherImages: teacherImages)
  }

  @Test("hard ones are one-hot rows of the teacher's most probable class")
  func hard() throws {
    let soft = try run(recipe())
    let hard = try run(recipe { $0.pseudoLabelling.kind = .hard })
    #expect(hard.rows[0] == PseudoLabels.hardened(soft.rows[0], classCount: 10))
    #expect(hard.rows[0].allSatisfy { $0 == 0 || $0 == 1 } && hard.rows[0].reduce(0, +) == 60)
    #expect(hard.weights != soft.weights)
    #expect(PseudoLabels.hardened([0.4, 0.4, 0.2, 0, 0, 1], classCount: 3) == [1, 0, 0, 0, 0, 1])
  }

  @Test("that were written give the same student when they are read back")
  func readBack() throws {
    let first = try run(recipe())
    #expect(try run(recipe(.rows(first.rows[0]))).weights == first.weights)
  }

  @Test("no image is labelled by a network that saw its label", arguments: [0, 7, 19])
  func folds(image: Int) throws {
    var labels = Self.training.labels
    labels[image] = (labels[image] + 1) % 10
    let relabelled = Dataset(
      name: "shapes", split: "train", imageShape: Self.training.imageShape, classNames: Self.training.classNames,
      pixels: Self.training.pixels, labels: labels)
    let before = try run(recipe(folds: 4))
    let after = try run(recipe(folds: 4), on: relabelled)
    #expect(before.teacherImages == [15, 15, 15, 15])
    let own = image * 10..<(image + 1) * 10
    #expect(before.rows[0][own] == after.rows[0][own])
    // Most others come from teachers that did see it.
    let changed = (0..<60).count { before.rows[0][$0 * 10..<($0 + 1) * 10] != after.rows[0][$0 * 10..<($0 + 1) * 10] }
    #expect(changed >= 15 + 40)
    #expect(stride(from: 0, to: 600, by: 10).allSatisfy { abs(before.rows[0][$0..<$0 + 10].reduce(0, +) - 1) < 1e-5 })
  }

  @Test("below the threshold contribute no gradient")
  func threshold() throws {
    // No network is that confident, so nothing is learnt from the other images, whatever they say.
    let nobody = try recipe { $0.pseudoLabelling.threshold = 1.01 }
    let rows = try run(nobody).rows[0]
    var other = try recipe(.rows(rows.map { _ in 0.1 })) { $0.pseudoLabelling.threshold = 1.01 }
    #expect(try run(other).weights == run(nobody).weights)
    #expect(try run(nobody).result.pseudoLabels == PseudoLabelQuality(count: 40, confident: 0, right: 0))
    other = try recipe(.rows(rows.map { _ in 0.1 }))
    #expect(try run(other).weights != run(nobody).weights)
  }

  @Test("are counted, with how many are right")
  func quality() throws {
    let hard = try Self.training.hardTargets
    var rows = (0..<60).flatMap { hard.distribution(at: $0) }
    for column in 0..<10 { rows[550 + column] = 0.1 }
    rows[599] = 0
    rows[590 + (Int(Self.training.labels[59]) + 1) % 10] = 1
    rows[590 + Int(Self.training.labels[59])] = 0
    let result = try run(recipe(.rows(rows)) { $0.pseudoLabelling.threshold = 0.5 }).result
    #expect(result.pseudoLabels == PseudoLabelQuality(count: 40, confident: 39, right: 38))
  }

  @Test("of weight 0 and an endless ramp are as if there were none")
  func silent() throws {
    let silent = try run(recipe { $0.pseudoLabelling.weight = 0 })
    #expect(try run(recipe { $0.pseudoLabelling.ramp = 5...9 }).weights == silent.weights)
    #expect(try run(recipe()).weights != silent.weights)
  }

  @Test("of each round come from the student of the round before, which starts anew or goes on")
  func rounds() throws {
    let three = try run(recipe { $0.pseudoLabelling.rounds = 3 })
    #expect(three.rows.count == 3 && Set(three.rows).count == 3)
    #expect(try three.rows[0] == run(recipe()).rows[0])
    // The first student's predictions are the second one's labels.
    let first = try run(recipe())
    let network = try recipe().network
    let shapes = Parameters(of: network, seed: 0).entries.map { ($0.name, $0.shape) }
    let student = Classifier(network, parameters: Parameters(shapes, values: first.weights))
    #expect(three.rows[1] == PseudoLabels.distributions(of: student, on: Self.training, temperature: 1))
    let kept = try run(
      recipe {
        $0.pseudoLabelling.rounds = 3
        $0.pseudoLabelling.keepsWeights = true
      })
    #expect(kept.rows[1] == three.rows[1] && kept.weights != three.weights)
    #expect(kept.result.curve.isEmpty)
    #expect(kept.result.cost.images == 3 * 60 && kept.result.trainingLoss < three.result.trainingLoss)
  }

  @Test("a teacher may train for longer than its student")
  func teacherEpochs() throws {
    let longer = try recipe(.trainedTeacher(recipe(epochs: 3).with("teacher", .hard)))
    #expect(try run(longer).rows != run(recipe()).rows)
    #expect(try run(longer).result.cost.images == 60)
  }

  @Test("that do not change make of rounds that keep the weights one training, with its momentum, order and ramp")
  func oneTraining() throws {
    let rows = try run(recipe()).rows[0]
    func train(epochs: Int, rounds: Int, keepsWeights: Bool = true) throws -> Run {
      try run(
        recipe(.rows(rows), epochs: epochs) {
          $0.pseudoLabelling.rounds = rounds
          $0.pseudoLabelling.keepsWeights = keepsWeights
          $0.pseudoLabelling.ramp = 1...3
          // No network is that confident: what the student says of other images changes nothing.
          $0.pseudoLabelling.threshold = 1.01
          $0.pseudoLabelling.unlabelledBatchSize = 5
        })
    }
    let whole = try train(epochs: 3, rounds: 1)
    #expect(try train(epochs: 1, rounds: 3).weights == whole.weights)
    #expect(try train(epochs: 1, rounds: 3, keepsWeights: false).weights != whole.weights)
  }

  @Test("count as the ramp says, whose time goes on over rounds that keep the weights")
  func rampOverRounds() throws {
    func weights(ramp: ClosedRange<Float>, rounds: Int) throws -> [Float] {
      try run(
        recipe {
          $0.pseudoLabelling.rounds = rounds
          $0.pseudoLabelling.keepsWeights = true
          $0.pseudoLabelling.ramp = ramp
        }
      ).weights
    }
    // In the first epoch, nothing is learnt from pseudo-labels; in the second, it is.
    #expect(try weights(ramp: 1...1, rounds: 1) == weights(ramp: 9...9, rounds: 1))
    #expect(try weights(ramp: 1...1, rounds: 2) != weights(ramp: 9...9, rounds: 2))
  }

  @Test("without a label are the mean of all teachers over the folds")
  func meanOfTeachers() throws {
    let both = try recipe(folds: 2)
    let rows = try run(both).rows[0]
    // The two teachers, by hand.
    let order = RandomSource(seed: 1).stream("folds").permutation(of: 20)
    var predicted: [[Float]] = []
    for fold in 0..<2 {
      let seen = (0..<20).filter { place in order.firstIndex(of: place).map { $0 % 2 != fold } ?? false }
      var run = TrainingRun(
        both.network, inputs: Self.training.inputs(), targets: try Self.training.hardTargets, examples: seen,
        loss: CrossEntropy(), configuration: both.configuration, seed: 1)
      while run.next() != nil {}
      predicted.append(
        PseudoLabels.distributions(of: both.classifier(run.parameters), on: Self.training, temperature: 1))
    }
    for place in 200..<600 { #expect(abs(rows[place] - (predicted[0][place] + predicted[1][place]) / 2) < 1e-6) }
    for (index, image) in order.enumerated() {
      let own = image * 10..<(image + 1) * 10
      #expect(zip(rows[own], predicted[index % 2][own]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test("of a teacher that predicts NaN are refused, soft or hard")
  func brokenTeacher() throws {
    let network = try recipe().network
    let start = Parameters(of: network, seed: 0)
    let broken = Parameters(
      start.entries.map { ($0.name, $0.shape) }, values: start.values.map { _ in .nan })
    for kind in PseudoLabelling.Kind.allCases {
      #expect(throws: TeacherError.self) {
        try run(recipe(.teacher(Classifier(network, parameters: broken))) { $0.pseudoLabelling.kind = kind })
      }
    }
  }

  @Test("are counted where a network made them or labels are hidden, also with ignored images")
  func edges() throws {
    #expect(try run(recipe(.dataset, labelled: .all)).result.pseudoLabels == nil)
    #expect(try run(recipe(labelled: .all, folds: 2)).result.pseudoLabels?.count == 60)
    #expect(try run(recipe(labelled: .first(60))).result.pseudoLabels == nil)
    // Nobody looks at images of an ignored class whose labels are known.
    let known = try run(recipe(labelled: .all, ignoreIndex: 3)).result.pseudoLabels
    #expect(known?.count == Self.training.labels.count { $0 != 3 } && known?.confident == known?.count)
    // With a threshold, batches of their own, and a class that nobody looks at.
    let result = try run(
      recipe(ignoreIndex: 3) {
        $0.pseudoLabelling.threshold = 0.1
        $0.pseudoLabelling.unlabelledBatchSize = 7
        $0.pseudoLabelling.rounds = 2
      }
    ).result
    #expect(result.trainingLoss.isFinite && result.pseudoLabels?.count == 40)
  }
}
