import Martlet

/// The built-in data set: drawn shapes, ambiguous by design.
///
/// Each image shows one of ten shapes in varied position, size, angle, colours and texture. Two in five images blend two
/// shapes, and their label distribution is the blend's: (0.7, 0.3) for a shape that is seven parts circle and three
/// parts square. Hard labels are drawn from that distribution, so training on them is training on a sample of the
/// truth, and training on the distributions is training on the truth itself.
///
/// Everything depends on the seed, the split and the image's index alone, and uses no function whose last bit differs
/// between machines.
///
/// ```swift
/// let images = Shapes.make(.train, count: 100)
/// print(images.imageShape, images.classNames[0])  // (3, 32, 32) circle
/// ```
public enum Shapes {
  /// The seed of the images that `train` uses.
  public static let defaultSeed: UInt64 = 1
  /// Training images.
  public static let trainCount = 12_000
  /// Test images.
  public static let testCount = 2_000
  /// The share of images that blend two shapes.
  public static let ambiguousShare: Float = 0.4
  /// The names of the shapes, in the order of their class indices.
  public static let classNames = ShapeKind.allCases.map(\.name)
  /// Height and width of an image.
  static let side = 32

  /// The images that `train` uses.
  public static func count(of split: DatasetCatalog.Split) -> Int { split == .train ? trainCount : testCount }

  /// Draws `count` images; by default as many as `train` uses.
  public static func make(
    _ split: DatasetCatalog.Split, count: Int? = nil, seed: UInt64 = defaultSeed
  ) -> Dataset {
    let count = count ?? self.count(of: split)
    let source = RandomSource(seed: seed).stream("shapes").stream(split.rawValue)
    let classCount = classNames.count
    var pixels = [UInt8](repeating: 0, count: count * 3 * side * side)
    var labels: [UInt8] = []
    var distributions = [Float](repeating: 0, count: count * classCount)
    labels.reserveCapacity(count)
    for index in 0..<count {
      let recipe = ShapeRecipe(source.stream(index))
      recipe.draw(into: &pixels, at: index * 3 * side * side)
      labels.append(UInt8(recipe.label))
      distributions[index * classCount + recipe.first.rawValue] += recipe.firstShare
      distributions[index * classCount + recipe.second.rawValue] += 1 - recipe.firstShare
    }
    return Dataset(
      name: "shapes", split: split.rawValue, imageShape: [3, side, side], classNames: classNames, pixels: pixels,
      labels: labels, distributions: distributions)
  }
}
