import Foundation
import Martlet
import MartletData
import MartletTestSupport
import Testing

@testable import MartletTraining

@Suite("Test-time augmentation")
struct TestTimeAugmentationTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 30)

  /// The images with other pixels at each place: those of the row and column that `source` says.
  private func moved(_ set: Dataset, _ source: (Int, Int) -> (Int, Int)) -> Dataset {
    var pixels = set.pixels
    for plane in 0..<set.count * 3 {
      for y in 0..<32 {
        for x in 0..<32 {
          let (row, column) = source(y, x)
          pixels[(plane * 32 + y) * 32 + x] = set.pixels[(plane * 32 + row) * 32 + column]
        }
      }
    }
    return Dataset(
      name: set.name, split: set.split, imageShape: set.imageShape, classNames: set.classNames, pixels: pixels,
      labels: set.labels)
  }

  private func classifier() throws -> Classifier {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    return Classifier(
      network, parameters: Parameters(of: network, seed: 4),
      normalization: PixelNormalization(mean: [0.4, 0.5, 0.3], standardDeviation: [0.2, 0.3, 0.25]))
  }

  @Test("logits are the means over flipped and shifted images that were said")
  func means() throws {
    let classifier = try classifier()
    func reflected(_ place: Int) -> Int { place < 0 ? -place : place > 31 ? 62 - place : place }
    /// Half of the images' logits and half of those of their mirror images, in double precision.
    func mirrored(_ set: Dataset) -> [Double] {
      let flipped = moved(set) { ($0, 31 - $1) }
      return zip(classifier.logits(for: set), classifier.logits(for: flipped)).map {
        0.5 * Double($0) + 0.5 * Double($1)
      }
    }
    let plain = mirrored(Self.test)
    let downRight = mirrored(moved(Self.test) { (reflected($0 - 1), reflected($1 - 1)) })
    let upLeft = mirrored(moved(Self.test) { (reflected($0 + 1), reflected($1 + 1)) })
    let all = plain.indices.map { 0.5 * plain[$0] + 0.5 * (downRight[$0] + upLeft[$0]) / 2 }
    #expect(relativeError(classifier.logits(for: Self.test, views: .flip), plain) < 1e-6)
    #expect(relativeError(classifier.logits(for: Self.test, views: .flipAndShift), all) < 1e-6)
    #expect(classifier.logits(for: Self.test, views: .none) == classifier.logits(for: Self.test))
    // The views do differ.
    #expect(relativeError(classifier.logits(for: Self.test, views: .flip), all) > 1e-4)
    #expect(relativeError(classifier.logits(for: Self.test), plain) > 1e-4)
  }

  @Test(
    "views count 1 together, and are the same to the bit for any number of threads",
    arguments: TestTimeAugmentation.allCases)
  func threads(views: TestTimeAugmentation) throws {
    #expect(views.views.map(\.weight).reduce(0, +) == 1)
    let classifier = try classifier()
    let one = classifier.logits(for: Self.test, views: views)
    let three = classifier.logits(for: Self.test, views: views, team: ThreadTeam(threadCount: 3))
    #expect(one == three)
    #expect(
      Evaluation(of: classifier, on: Self.test, views: views) == Evaluation(logits: one, on: Self.test))
  }

  @Test("a trial is measured in the views of its recipe, says so, and has the plain accuracy as well")
  func trial() throws {
    var recipe = try Recipe.example("views", epochs: 2)
    var plain = recipe
    recipe.testTimeAugmentation = .flipAndShift
    var trained: Classifier?
    let result = try recipe.run(seed: 1, training: Self.training, test: Self.test, curvePoints: 2) {
      if case .trained(_, let classifier) = $0 { trained = classifier }
    }
    plain.name = "plain"
    let other = try plain.run(seed: 1, training: Self.training, test: Self.test, curvePoints: 2)
    #expect(result.testTimeAugmentation == .flipAndShift && other.testTimeAugmentation == .none)
    #expect(result.logits == trained?.logits(for: Self.test, views: .flipAndShift) && result.logits != other.logits)
    #expect(result.evaluation == Evaluation(logits: result.logits, on: Self.test))
    #expect(result.plainAccuracy == other.evaluation.accuracy && other.plainAccuracy == nil)
    // Training, its curve and a teacher are the same.
    #expect(result.curve.map(\.testLoss) == other.curve.map(\.testLoss) && result.curve.count == 3)
    #expect(recipe.isSameTraining(as: plain))
  }

  @Test("views and validation are stored with a trial; results from before have neither")
  func stored() throws {
    let temporary = try TemporaryFolder()
    let folder = ComparisonFolder(temporary.path + "/out")
    var recipe = try Recipe.example("views", epochs: 1)
    recipe.testTimeAugmentation = .flip
    recipe.configuration.validation = ValidationSplit(share: 0.2)
    let result = try recipe.run(seed: 1, training: Self.training, test: Self.test)
    let description = ComparisonDescription(
      images: .init(training: Self.training, test: Self.test),
      platform: .init(martlet: "1", instructionSet: "any", system: "any", processor: "any", processorCount: 1),
      arms: [.init(name: "views", labels: "hard", settings: [])], seeds: [1], startTime: 0)
    _ = try folder.open(description, test: Self.test)
    try folder.store(result, of: description)
    let again = try #require(folder.open(description, test: Self.test).first)
    #expect(again.testTimeAugmentation == .flip && again.plainAccuracy == result.plainAccuracy)
    #expect(again.validation == result.validation && again.validation != nil && again.plainAccuracy != nil)
    let path = folder.file("trials/views-1.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let kept = text.components(separatedBy: "\n").filter {
      !$0.contains("\"plainAccuracy\"") && !$0.contains("\"testTimeAugmentation\"")
    }
    try kept.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let old = try #require(folder.open(description, test: Self.test).first)
    #expect(old.testTimeAugmentation == .none && old.plainAccuracy == nil && old.logits == result.logits)
  }
}
