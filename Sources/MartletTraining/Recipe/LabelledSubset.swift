import Martlet
public import MartletData
import Requirements

/// Which training images keep their labels; the others are there as images alone.
///
/// ```swift
/// let images = Shapes.make(.train, count: 200)
/// let kept = LabelledSubset.balanced(20).positions(in: images, seed: 1)
/// print(kept.count, Set(kept.map { images.labels[$0] }).count)  // 20 10
/// ```
public enum LabelledSubset: Sendable, Hashable {
  /// All of them.
  case all
  /// The first ones, as they are stored.
  case first(Int)
  /// As many as are said, drawn from all by the seed.
  case random(Int)
  /// As many as are said, drawn by the seed, with as many of each class as far as there are enough.
  case balanced(Int)

  /// How many images keep their labels; nil for all.
  public var count: Int? {
    switch self {
    case .all: nil
    case .first(let count), .random(let count), .balanced(let count): count
    }
  }

  /// The positions of the images that keep their labels, in rising order.
  ///
  /// - Parameters:
  ///   - dataset: the training images, with all labels.
  ///   - seed: what a draw depends on, beside the labels.
  public func positions(in dataset: Dataset, seed: UInt64) -> [Int] {
    let all = Array(0..<dataset.count)
    guard let count, count < all.count else { return all }
    require(count >= 1, "At least one image must keep its label, not \(count).")
    if case .first = self { return Array(all.prefix(count)) }
    let order = RandomSource(seed: seed).stream("labelled").permutation(of: all.count)
    guard case .balanced = self else { return order.prefix(count).sorted() }
    // Each class gets its share, and then one more each, again and again, as far as they have any.
    var (chosen, left) = ([Int](), order)
    var counts = Array(repeating: 0, count: dataset.classCount)
    var limit = count / dataset.classCount
    while chosen.count < count {
      left = left.filter { position in
        let label = Int(dataset.labels[position])
        guard chosen.count < count, counts[label] < limit else { return true }
        counts[label] += 1
        chosen.append(position)
        return false
      }
      limit += 1
    }
    return chosen.sorted()
  }
}
