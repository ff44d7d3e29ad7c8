public import Martlet
import Requirements

/// Images with their labels, and the distribution behind each label where it is known.
///
/// Images stay bytes in memory; ``inputs(normalization:)`` converts them row by row as they are asked for.
public struct Dataset: Sendable {
  /// What it is called: `cifar10`.
  public let name: String
  /// Which part it is: `train` or `test`.
  public let split: String
  /// (channels, height, width).
  public let imageShape: Shape
  /// The classes' names, in the order of their indices.
  public let classNames: [String]
  /// (count, imageShape).
  public let pixels: [UInt8]
  /// (count), each in 0 ..< classCount.
  public let labels: [UInt8]
  /// (count, classCount), or nil where they are not known.
  public let distributions: [Float]?

  /// The number of images.
  public var count: Int { labels.count }
  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// A data set of the given images.
  public init(
    name: String, split: String, imageShape: Shape, classNames: [String], pixels: [UInt8], labels: [UInt8],
    distributions: [Float]? = nil
  ) {
    require(
      pixels.count == labels.count * imageShape.count,
      "\(labels.count) images of shape \(imageShape) do not have \(pixels.count) bytes.")
    require(labels.allSatisfy { $0 < classNames.count }, "Each label must be below \(classNames.count).")
    require(
      distributions.map { $0.count == labels.count * classNames.count } ?? true,
      "Distributions must have one row of \(classNames.count) an image.")
    self.name = name
    self.split = split
    self.imageShape = imageShape
    self.classNames = classNames
    self.pixels = pixels
    self.labels = labels
    self.distributions = distributions
  }

  /// The first `count` images; all of them if there are fewer.
  public func prefix(_ count: Int) -> Dataset { count < self.count ? images(0..<count) : self }

  /// The images at `range`.
  public func images(_ range: Range<Int>) -> Dataset {
    Dataset(
      name: name, split: split, imageShape: imageShape, classNames: classNames,
      pixels: Array(pixels[range.lowerBound * imageShape.count..<range.upperBound * imageShape.count]),
      labels: Array(labels[range]),
      distributions: distributions.map { Array($0[range.lowerBound * classCount..<range.upperBound * classCount]) })
  }

  /// The images of all classes but the one at `index`. There are as many classes as before.
  public func without(_ index: Int) -> Dataset {
    let kept = labels.indices.filter { Int(labels[$0]) != index }
    guard kept.count < count else { return self }
    return Dataset(
      name: name, split: split, imageShape: imageShape, classNames: classNames,
      pixels: kept.flatMap { pixels[$0 * imageShape.count..<($0 + 1) * imageShape.count] },
      labels: kept.map { labels[$0] },
      distributions: distributions.map { rows in kept.flatMap { rows[$0 * classCount..<($0 + 1) * classCount] } })
  }

  /// The labels as targets.
  public var hardTargets: Targets {
    get throws(TargetError) { try .classIndices(labels.map(Int.init), classCount: classCount) }
  }

  /// The images as inputs for a plan.
  public func inputs(normalization: PixelNormalization = .minusOneToOne) -> PixelInputs {
    PixelInputs(pixels: pixels, inputShape: imageShape, normalization: normalization)
  }
}
