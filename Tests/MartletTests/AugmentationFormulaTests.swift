import Foundation
import MartletTestSupport
import Testing

@testable import Martlet

/// A random change of an image whose numbers were given, as torchvision computed it.
private struct AugmentationCase: Decodable, Sendable, CustomTestStringConvertible {
  let kind: String
  let shape: [Int]
  let mean: [Float]
  let deviation: [Float]
  /// 0…1.
  let pixels: [Float]
  let output: [Double]
  let padding: Int?
  let top: Int?
  let left: Int?
  let factor: Float?
  let rows: [Int]?
  let columns: [Int]?

  var testDescription: String { "\(kind) \(shape) \(padding ?? 0) \(top ?? 0) \(left ?? 0) \(factor ?? 0)" }

  static let all: [AugmentationCase] = {
    let all: [AugmentationCase]? = try? Fixture.load("augmentations.json", from: .module)
    return all ?? []
  }()

  var context: AugmentationContext {
    AugmentationContext(
      shape: Shape(shape), normalization: PixelNormalization(mean: mean, standardDeviation: deviation),
      view: View(1, of: 0, random: RandomSource(seed: 1)))
  }

  /// The pixels as a network gets them.
  var image: [Float] {
    let size = shape[1] * shape[2]
    return pixels.indices.map { (pixels[$0] - mean[$0 / size]) / deviation[$0 / size] }
  }
}

/// Changes a copy of `image`.
private func changed(_ image: [Float], _ change: (inout MutableSpan<Float>) -> Void) -> [Float] {
  var image = image
  var span = image.mutableSpan
  change(&span)
  return image
}

@Suite("What augmentations make of an image, by their formulae")
struct AugmentationFormulaTests {
  @Test("flips, crops, brightness, contrast and erased regions are torchvision's", arguments: AugmentationCase.all)
  private func formulae(_ example: AugmentationCase) throws {
    let context = example.context
    func move(_ mode: CropPadding, _ image: inout MutableSpan<Float>) throws {
      let padding = try #require(example.padding)
      mode.move(
        &image, context, down: padding - (try #require(example.top)), right: padding - (try #require(example.left)))
    }
    var image = example.image
    var span = image.mutableSpan
    switch example.kind {
    case "mirror": RandomHorizontalFlip(probability: 1).apply(to: &span, context: context)
    case "constant": try move(.zeros, &span)
    case "reflect": try move(.reflect, &span)
    case "brightness": ColorJitter.adjustBrightness(&span, context, by: try #require(example.factor))
    case "contrast": ColorJitter.adjustContrast(&span, context, by: try #require(example.factor))
    default:
      let (rows, columns) = (try #require(example.rows), try #require(example.columns))
      ImageRegion(rows: rows[0]..<rows[1], columns: columns[0]..<columns[1]).fill(&span, context, with: 0)
    }
    // Values are some 2 at most; the file has six digits behind the point.
    #expect(zip(image, example.output).allSatisfy { abs(Double($0) - $1) < 3e-6 })
  }

  @Test("there are cases of each kind")
  func kinds() {
    #expect(
      Set(AugmentationCase.all.map(\.kind)) == ["mirror", "constant", "reflect", "brightness", "contrast", "erase"])
  }

  @Test("rows of any width are reversed", arguments: Array(1...40))
  func mirror(width: Int) {
    let image = (0..<3 * width).map(Float.init)
    let context = AugmentationContext(shape: [1, 3, width], view: View(1, of: 0, random: RandomSource(seed: 1)))
    let mirrored = changed(image) { RandomHorizontalFlip(probability: 1).apply(to: &$0, context: context) }
    #expect(mirrored == (0..<3 * width).map { Float($0 / width * width + width - 1 - $0 % width) })
  }

  @Test("images are moved as their definition says, whichever way")
  func moves() {
    let (height, width) = (7, 9)
    let image = (0..<2 * height * width).map { Float($0 + 1) }
    let context = AugmentationContext(
      shape: [2, height, width], view: View(1, of: 0, random: RandomSource(seed: 1)))
    func reflected(_ place: Int, _ size: Int) -> Int {
      place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place
    }
    for down in -9...9 {
      for right in -9...9 {
        let moved = changed(image) { CropPadding.constant(-3).move(&$0, context, down: down, right: right) }
        for index in moved.indices {
          let (plane, y, x) = (index / (height * width), index / width % height - down, index % width - right)
          let isInside = (0..<height).contains(y) && (0..<width).contains(x)
          #expect(moved[index] == (isInside ? image[(plane * height + y) * width + x] : -3))
        }
        guard abs(down) <= 3 && abs(right) <= 4 else { continue }
        let mirrored = changed(image) { CropPadding.reflect.move(&$0, context, down: down, right: right) }
        for index in mirrored.indices {
          let (plane, y, x) = (index / (height * width), index / width % height - down, index % width - right)
          #expect(mirrored[index] == image[(plane * height + reflected(y, height)) * width + reflected(x, width)])
        }
      }
    }
  }

  @Test("a contrast or brightness that is NaN stays one")
  func notANumber() {
    let context = AugmentationContext(
      shape: [1, 1, 2], normalization: .minusOneToOne, view: View(1, of: 0, random: RandomSource(seed: 1)))
    let image = changed([.nan, 0]) { ColorJitter.adjustBrightness(&$0, context, by: 2) }
    #expect(image[0].isNaN && image[1] == 1)
  }

  @Test("padding is what a black pixel becomes, to the bit")
  func black() {
    let images = PixelInputs(
      pixels: Array(repeating: 0, count: 12), inputShape: [3, 2, 2],
      normalization: PixelNormalization(mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.247, 0.2435, 0.2616]))
    func read(_ padding: Int) -> [Float] {
      var row = [Float](repeating: .nan, count: 12)
      var span = row.mutableSpan
      // The image is moved out of the window as a whole, in nearly all views.
      AugmentedInputs(images, [RandomCrop(padding: padding)])
        .read(0, as: View(1, of: 0, random: RandomSource(seed: 1)), into: &span)
      return row
    }
    #expect(read(0) == read(500) && Set(read(0)).count == 3)
  }
}
