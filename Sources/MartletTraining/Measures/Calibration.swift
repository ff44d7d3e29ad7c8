import Requirements

/// Whether a network is right as often as it says: its confidence against its accuracy, bin by bin.
///
/// Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (2017).
///
/// ```swift
/// let calibration = Calibration(
///   confidences: [0.9, 0.8, 0.6, 0.55], isHit: [true, true, false, true], binning: .equalMass, binCount: 2)
/// print(calibration.expectedError, calibration.maximumError)  // 0.112… 0.15…
/// ```
public struct Calibration: Sendable, Hashable {
  /// How images are put into bins.
  public enum Binning: Sendable, Hashable {
    /// Bins are ranges of confidence of equal width, open on the left: of ten, 0.2 belongs to the one below it.
    case equalWidth
    /// Bins have as many images as each other, by confidence; the first ones get one more where it does not come out even.
    ///
    /// Nixon, Dusenberry, Zhang, Jerfel and Tran, "Measuring Calibration in Deep Learning" (2019).
    case equalMass
  }

  /// The images of similar confidence.
  public struct Bin: Sendable, Hashable {
    /// How many they are.
    public let count: Int
    /// Their mean confidence; NaN without images.
    public let confidence: Double
    /// The share of them whose label was predicted; NaN without images.
    public let accuracy: Double
  }

  /// The bins, from the least confident images to the most.
  public let bins: [Bin]

  /// The mean over images of the distance between confidence and accuracy of their bin.
  public var expectedError: Double {
    let total = bins.reduce(0) { $0 + $1.count }
    return filled.reduce(0) { $0 + Double($1.count) * abs($1.confidence - $1.accuracy) } / Double(max(1, total))
  }

  /// The largest distance between confidence and accuracy of a bin.
  public var maximumError: Double {
    let distances = filled.map { abs($0.confidence - $0.accuracy) }
    return distances.contains { $0.isNaN } ? .nan : distances.max() ?? 0
  }

  private var filled: [Bin] { bins.filter { $0.count > 0 } }

  /// Puts images into bins.
  ///
  /// - Parameters:
  ///   - confidences: the probability of each image's prediction, (images).
  ///   - isHit: whether it is right, (images).
  ///   - binning: how images are put into bins.
  ///   - binCount: how many bins there are.
  public init(confidences: [Double], isHit: [Bool], binning: Binning, binCount: Int = 15) {
    require(confidences.count == isHit.count, "There are \(confidences.count) confidences for \(isHit.count) images.")
    require(binCount >= 1, "There must be at least one bin, not \(binCount).")
    var members: [[Int]] = Array(repeating: [], count: binCount)
    switch binning {
    case .equalWidth:
      for (index, confidence) in confidences.enumerated() {
        // An image without a confidence spoils the error, whatever bin it is in.
        let place = confidence.isNaN ? 0 : Int((confidence * Double(binCount)).rounded(.up)) - 1
        members[min(binCount - 1, max(0, place))].append(index)
      }
    case .equalMass:
      // Images without a confidence come first: they have no place among the others.
      let keys = confidences.map { $0.isNaN ? -1 : $0 }
      let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
      var first = 0
      for bin in 0..<binCount {
        let count = order.count / binCount + (bin < order.count % binCount ? 1 : 0)
        members[bin] = Array(order[first..<first + count])
        first += count
      }
    }
    bins = members.map { images in
      let hits = images.count { isHit[$0] }
      return Bin(
        count: images.count, confidence: images.reduce(0) { $0 + confidences[$1] } / Double(images.count),
        accuracy: Double(hits) / Double(images.count))
    }
  }
}
