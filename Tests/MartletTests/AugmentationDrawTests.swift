import Foundation
import Testing

@testable import Martlet

@Suite("How augmentations are drawn")
struct AugmentationDrawTests {
  /// A context of the given view of an example, for images of 1 × 8 × 10.
  private func context(_ number: Int, of example: Int, seed: UInt64 = 4) -> AugmentationContext {
    AugmentationContext(
      shape: [1, 8, 10], normalization: PixelNormalization(mean: 0, standardDeviation: 1), example: example,
      view: View(number, of: example, random: RandomSource(seed: seed)))
  }

  private func changed(_ augmentation: some Augmentation, _ image: [Float], _ context: AugmentationContext) -> [Float] {
    var image = image
    var span = image.mutableSpan
    augmentation.apply(to: &span, context: context)
    return image
  }

  /// Four standard errors of a share in that many draws.
  private func tolerance(_ share: Double, _ count: Int) -> Double {
    4 * (share * (1 - share) / Double(count)).squareRoot()
  }

  private static let ramp = (0..<80).map { Float($0) / 80 }

  @Test("alternating flips mirror half of the images first, and each view the other way than the one before")
  func alternating() {
    let mirrored = (0..<10).reversed().map { Self.ramp[$0] }
    var first = 0
    for example in 0..<2000 {
      let views = (1...4).map { number in
        Array(changed(AlternatingHorizontalFlip(), Self.ramp, context(number, of: example))[0..<10]) == mirrored
      }
      #expect(views[0] == views[2] && views[1] == views[3] && views[0] != views[1])
      first += views[0] ? 1 : 0
    }
    #expect(abs(Double(first) / 2000 - 0.5) < tolerance(0.5, 2000))
  }

  @Test("flips that are drawn anew leave half of the images as they were in the view before")
  func independent() {
    let same = (0..<2000).count { example in
      changed(RandomHorizontalFlip(), Self.ramp, context(1, of: example))
        == changed(RandomHorizontalFlip(), Self.ramp, context(2, of: example))
    }
    #expect(abs(Double(same) / 2000 - 0.5) < tolerance(0.5, 2000))
  }

  @Test("all places of a crop are equally likely")
  func crop() {
    var counts: [Int: Int] = [:]
    for example in 0..<5000 {
      // A single bright pixel in the middle shows where the window was.
      var image = Array(repeating: Float(0), count: 80)
      image[4 * 10 + 5] = 1
      let place = changed(RandomCrop(padding: 2), image, context(1, of: example)).firstIndex(of: 1) ?? -1
      counts[place, default: 0] += 1
    }
    #expect(Set(counts.keys) == Set((2...6).flatMap { row in (3...7).map { row * 10 + $0 } }))
    #expect(counts.values.allSatisfy { abs(Double($0) / 5000 - 0.04) < tolerance(0.04, 5000) })
  }

  @Test(
    "cut-out squares are clipped at the border, and lie around every pixel equally often", arguments: [1, 4, 5, 30])
  func cutout(size: Int) {
    // How often a pixel is lost is the share of centres whose square holds it.
    var lost = Array(repeating: 0, count: 80)
    for example in 0..<4000 {
      let image = changed(Cutout(size: size), Array(repeating: 1, count: 80), context(1, of: example))
      for (index, value) in image.enumerated() where value == 0 { lost[index] += 1 }
      let rows = Set(image.indices.filter { image[$0] == 0 }.map { $0 / 10 })
      let columns = Set(image.indices.filter { image[$0] == 0 }.map { $0 % 10 })
      #expect(image.count { $0 == 0 } == rows.count * columns.count && rows.count <= size && columns.count <= size)
    }
    for index in lost.indices {
      let (row, column) = (index / 10, index % 10)
      func centres(_ place: Int, _ limit: Int) -> Int {
        (0..<limit).count { $0 - size / 2 <= place && place < $0 - size / 2 + size }
      }
      let share = Double(centres(row, 8) * centres(column, 10)) / 80
      #expect(abs(Double(lost[index]) / 4000 - share) <= 1.25 * tolerance(share, 4000))
    }
  }

  @Test("erased regions are as likely, as large and as wide as was said")
  func erasing() throws {
    let erasing = RandomErasing(probability: 0.7, scale: 0.1...0.3, ratio: 0.5...2)
    let regions = (0..<4000).map {
      erasing.region(height: 200, width: 100, random: context(1, of: $0).random)
    }
    let erased = regions.compactMap { $0 }
    #expect(abs(Double(erased.count) / 4000 - 0.7) < tolerance(0.7, 4000))
    let areas = erased.map { Double($0.area) / 20_000 }
    #expect(areas.allSatisfy { (0.095...0.305).contains($0) })
    let mean = areas.reduce(0, +) / Double(areas.count)
    #expect(abs(mean - 0.2) < 4 * 0.2 / (12 * Double(areas.count)).squareRoot() + 0.001)
    let ratios = erased.map { Foundation.log(Double($0.rows.count) / Double($0.columns.count)) }
    let limit = Foundation.log(2.0)
    #expect(ratios.allSatisfy { abs($0) < limit + 0.03 })
    let spread = ratios.reduce(0) { $0 + $1 * $1 } / Double(ratios.count)
    #expect(abs(spread - limit * limit / 3) < 0.01)
    // All places at which a region fits are equally likely.
    let places = erased.map { Double($0.rows.lowerBound) / Double(200 - $0.rows.count) }
    #expect(abs(places.reduce(0, +) / Double(places.count) - 0.5) < 0.025)
    #expect(erased.allSatisfy { $0.rows.upperBound <= 200 && $0.columns.upperBound <= 100 })
  }

  @Test("a region that fits nowhere is not erased")
  func neverFits() {
    let erasing = RandomErasing(probability: 1, scale: 1...1, ratio: 1...1)
    #expect(erasing.region(height: 8, width: 8, random: RandomSource(seed: 1)) == nil)
  }

  @Test("factors of brightness are spread evenly, and brightness and contrast come in either order")
  func jitter() {
    // A dark pixel shows the factor of brightness.
    let factors = (0..<3000).map {
      Double(changed(ColorJitter(brightness: 0.4), Array(repeating: 0.5, count: 80), context(1, of: $0))[0]) / 0.5
    }
    #expect(factors.allSatisfy { (0.6...1.4).contains($0) })
    let mean = factors.reduce(0, +) / 3000
    #expect(abs(mean - 1) < 4 * 0.8 / (12 * 3000.0).squareRoot())
    let variance = factors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3000
    #expect(abs(variance - 0.64 / 12) < 0.004)
    var orders = Set<Bool>()
    for example in 0..<20 {
      let context = context(1, of: example)
      let image = Self.ramp
      let (u, v) = (context.random.uniform(at: 0), context.random.uniform(at: 1))
      var (one, two) = (image, image)
      var first = one.mutableSpan
      var second = two.mutableSpan
      func factor(_ uniform: Float) -> Float { 2 * uniform }
      ColorJitter.adjustBrightness(&first, context, by: factor(u))
      ColorJitter.adjustContrast(&first, context, by: factor(v))
      ColorJitter.adjustContrast(&second, context, by: factor(v))
      ColorJitter.adjustBrightness(&second, context, by: factor(u))
      let found = changed(ColorJitter(brightness: 1, contrast: 1), image, context)
      let isContrastFirst = context.random.uniform(at: 2) < 0.5
      #expect(found == (isContrastFirst ? two : one))
      orders.insert(isContrastFirst)
    }
    #expect(orders.count == 2)
  }

  @Test("each augmentation gets its own numbers, the view, and what the inputs say of their pixels")
  func context() {
    struct Probe: Augmentation {
      func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
        image[0] = context.random.uniform(at: 0)
        image[1] = context.exampleRandom.uniform(at: 0)
        image[2] = Float(context.example)
        image[3] = context.normalized(1, channel: 1)
      }
    }
    struct Second: Augmentation {
      func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
        image[4] = context.random.uniform(at: 0)
        image[5] = context.exampleRandom.uniform(at: 0)
        image[6] = Float(context.view.number)
      }
    }
    let images = PixelInputs(
      pixels: Array(repeating: 9, count: 3 * 8), inputShape: [2, 2, 2],
      normalization: PixelNormalization(mean: [0, 0.25], standardDeviation: [1, 0.5]))
    let inputs = AugmentedInputs(AugmentedInputs(images, []), [Probe(), Second()])
    func read(_ number: Int, of example: Int) -> [Float] {
      var row = [Float](repeating: .nan, count: 8)
      var span = row.mutableSpan
      inputs.read(example, as: View(number, of: example, random: RandomSource(seed: 2)), into: &span)
      return row
    }
    let (one, two, other) = (read(1, of: 2), read(2, of: 2), read(1, of: 0))
    #expect(one[2] == 2 && other[2] == 0 && one[3] == 1.5 && one[6] == 1 && two[6] == 2)
    // What belongs to the example stays, what belongs to the view changes, and no two augmentations share either.
    #expect(one[1] == two[1] && one[5] == two[5] && one[1] != other[1])
    #expect(Set([one[0], two[0], other[0], one[4], two[4], one[1], one[5]]).count == 7)
  }
}
