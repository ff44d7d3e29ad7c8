import ArgumentParser
import Foundation
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining
@testable import train

@Suite("From flags to recipes")
struct RecipeMakerTests {
  private static let images = (training: Shapes.make(.train, count: 60), test: Shapes.make(.test, count: 40))

  /// The recipes of the three kinds of label, in one comparison.
  private func recipes(_ flags: String) throws -> [LabelMode: Recipe] {
    let options = try TrainingOptions.parse(flags.split(separator: " ").map(String.init))
    var maker = RecipeMaker(images: Self.images)
    return try Dictionary(
      uniqueKeysWithValues: LabelMode.allCases.map { ($0, try maker.recipe($0.rawValue, options, for: $0)) })
  }

  /// The recipe of the teacher of soft labels.
  private func teacher(_ flags: String) throws -> Recipe {
    try #require(recipes(flags)[.soft]?.teachers.first?.recipe)
  }

  @Test("arms whose labels the loss does not take have cross-entropy, and a teacher is trained with a softmax")
  func fallback() throws {
    for name in ["distillation", "mse", "bce"] {
      let loss = try teacher("--loss \(name) --train-teacher").loss as? CrossEntropy
      #expect(loss == CrossEntropy(), "\(name)")
    }
    #expect(try teacher("--loss mse:softmax --train-teacher").loss is MeanSquaredError)
    #expect(try teacher("--loss focal:gamma=3 --train-teacher").loss as? FocalLoss == FocalLoss(gamma: 3))
    let arms = try recipes("--loss distillation --smoothing 0.2")
    #expect(arms[.soft]?.loss is Distillation && arms[.hard]?.loss as? CrossEntropy == CrossEntropy())
    #expect(arms[.smooth]?.loss as? CrossEntropy == CrossEntropy(labelSmoothing: 0.2))
    #expect(arms[.soft]?.labels.temperature == 4)
  }

  @Test("the hard arm is the teacher of the soft one, if it is trained as a teacher is")
  func hardArmTeaches() throws {
    func teaches(_ flags: String) throws -> Bool {
      let arms = try recipes(flags)
      return try #require(arms[.hard]).isSameTraining(as: teacherOf(arms))
    }
    func teacherOf(_ arms: [LabelMode: Recipe]) throws -> Recipe {
      try #require(arms[.soft]?.teachers.first?.recipe)
    }
    for flags in [
      "--train-teacher", "--loss focal --labelled 20", "--loss distillation",
      "--labelled 20 --rounds 2 --temperature 3",
      "--label-noise symmetric:0.2 --noise-seed 4", "--teacher-epochs 2", "--ignore-index 3 --train-teacher",
      "--optimizer adamw --clip-norm 1 --train-teacher", "--augment flip,crop:2 --mixup 0.3 --train-teacher",
      "--normalization 0:1 --train-teacher", "--model mlp --hidden 4 --train-teacher",
    ] {
      #expect(try teaches(flags), "\(flags)")
    }
    for flags in ["--loss mse --train-teacher", "--teacher-epochs 3"] { #expect(try !teaches(flags), "\(flags)") }
  }

  @Test("labels are smoothed by the loss where it can do so, and before it elsewhere")
  func smoothing() throws {
    func source(_ flags: String) throws -> String {
      switch try recipes(flags)[.smooth]?.labels.source {
      case .hard: "hard"
      case .smoothed(let smoothing): "smoothed by \(smoothing)"
      default: "something else"
      }
    }
    #expect(try source("--smoothing 0.3") == "hard" && source("--loss kl --smoothing 0.3") == "smoothed by 0.3")
    let weights = try recipes("--smoothing 0.3 --class-weights balanced")[.smooth]?.loss as? CrossEntropy
    #expect(weights?.labelSmoothing == 0.3 && weights?.weighting.weights.count == 10)
  }

  @Test("arms with the same flags of the network have one, and others have others")
  func networks() throws {
    let arms = try recipes("--train-teacher")
    let hard = try #require(arms[.hard])
    #expect(arms.values.allSatisfy { $0.network == hard.network })
    #expect(try hard.network == #require(arms[.soft]?.teachers.first?.recipe).network)
    var maker = RecipeMaker(images: Self.images)
    func recipe(_ flags: String...) throws -> Recipe { try maker.recipe("arm", .parse(flags), for: .hard) }
    #expect(try recipe().network == recipe("--epochs", "7").network)
    #expect(try recipe().network != recipe("--model", "mlp").network)
    #expect(try recipe().network != recipe("--loss", "nll").network)
  }

  @Test("normalisation is the recipe's, and its teacher's")
  func normalization() throws {
    let wanted = PixelNormalization(mean: [0.491, 0.482, 0.447], standardDeviation: [0.247, 0.243, 0.262])
    let flags = "--normalization 0.491,0.482,0.447:0.247,0.243,0.262 --train-teacher"
    #expect(try recipes(flags).values.allSatisfy { $0.normalization == wanted })
    #expect(try teacher(flags).normalization == wanted)
    #expect(try recipes("")[.hard]?.normalization == .minusOneToOne)
  }
}
