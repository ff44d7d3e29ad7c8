import Martlet
import Requirements

/// Labels that are made wrong on purpose, so that losses which forgive wrong labels have something to forgive.
///
/// An image's noisy label depends on the seed, its position and its label alone.
///
/// ```swift
/// let noise = LabelNoise.symmetric(rate: 0.4)
/// let clean: [UInt8] = Array(repeating: 3, count: 1000)
/// let noisy = noise.labels(clean, classCount: 10, seed: 0)
/// print(noisy.count { $0 != 3 })  // some 400
/// ```
public enum LabelNoise: Sendable, Hashable {
  /// With this probability, a label becomes one of the *other* classes, all equally likely. (Some published code draws from all
  /// classes, the right one among them: of ten classes, its rate 0.4 is 0.36 here.)
  case symmetric(rate: Double)
  /// With this probability, a label becomes the next class, and the last class the first.
  case pairwise(rate: Double)
  /// Row i is the distribution of what label i becomes, (classes, classes).
  case matrix([[Double]])

  /// The distribution of what a label of class `label` becomes.
  public func distribution(of label: Int, classCount: Int) -> [Double] {
    switch self {
    case .symmetric(let rate):
      return (0..<classCount).map { $0 == label ? 1 - rate : rate / Double(max(1, classCount - 1)) }
    case .pairwise(let rate):
      var distribution = Array(repeating: 0.0, count: classCount)
      distribution[label] = 1 - rate
      distribution[(label + 1) % classCount] += rate
      return distribution
    case .matrix(let rows):
      require(
        rows.count == classCount && rows[label].count == classCount,
        "The matrix of label noise must have \(classCount) rows of \(classCount).")
      return rows[label]
    }
  }

  /// What `labels` become, each below `classCount`.
  public func labels(_ labels: [UInt8], classCount: Int, seed: UInt64) -> [UInt8] {
    let source = RandomSource(seed: seed).stream("label noise")
    let sums = (0..<classCount).map { label in
      var sum = 0.0
      return distribution(of: label, classCount: classCount).map { share in
        sum += share
        return sum
      }
    }
    return labels.enumerated().map { index, label in
      let row = sums[Int(label)]
      let place = Double(source.uniform(at: index)) * row[classCount - 1]
      return UInt8(row.firstIndex { $0 > place } ?? Int(label))
    }
  }

  /// Reads a matrix from an `.npy` file.
  ///
  /// - Throws: ``DataFileError``, if it is not (classes, classes), or a row is no distribution.
  public static func matrix(path: String, classCount: Int) throws(DataFileError) -> LabelNoise {
    let array = try NPYArray(path: path)
    guard array.sizes == [classCount, classCount] else {
      throw DataFileError(
        .malformed, path: path,
        reason:
          "Label noise should be an array of sizes (\(classCount), \(classCount)); this one has sizes \(array.sizes).")
    }
    do throws(TargetError) {
      _ = try Targets.probabilities(array.floats, classCount: classCount)
    } catch {
      throw DataFileError(
        .malformed, path: path, reason: "\(error)", advice: "Row i is the distribution of what label i becomes.")
    }
    let rows = (0..<classCount).map { row in
      array.floats[row * classCount..<(row + 1) * classCount].map(Double.init)
    }
    return .matrix(rows)
  }
}

extension Dataset {
  /// The same images with wrong labels among the right ones, and without the distributions that the right ones were drawn from.
  public func with(_ noise: LabelNoise, seed: UInt64) -> Dataset {
    Dataset(
      name: name, split: split, imageShape: imageShape, classNames: classNames, pixels: pixels,
      labels: noise.labels(labels, classCount: classCount, seed: seed))
  }
}
