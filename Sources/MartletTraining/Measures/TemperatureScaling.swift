import Foundation
import Martlet
import Requirements

/// One number that a network's logits are divided by, so that it is as confident as it is right: fitted on images that it was not trained
/// on. Predictions do not change.
///
/// T minimises the mean of −log softmax(x / T) at the labels. In 1/T it is convex, so there is one such T.
///
/// Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (2017).
///
/// ```swift
/// let overconfident: [[Float]] = [[4, 0], [4, 0], [4, 0], [0, 4]]
/// let scaling = TemperatureScaling(logits: overconfident, labels: [0, 0, 1, 1])
/// print(scaling.temperature)  // 3.640…
/// ```
public struct TemperatureScaling: Sendable, Hashable {
  /// T: above 1 where the network is overconfident. It is kept between 0.001 and 1000.
  public let temperature: Double

  /// Fits the temperature.
  ///
  /// - Parameters:
  ///   - logits: one row an image, all of one length.
  ///   - labels: the class of each image.
  public init(logits: [[Float]], labels: [Int]) {
    require(
      logits.count == labels.count && !labels.isEmpty,
      "There are \(logits.count) rows of logits for \(labels.count) labels.")
    // The derivative of the mean loss by β = 1/T is the mean of Σ p·x − x at the label. It grows with β, so its zero is
    // found by halving; on a logarithmic scale, since β is a factor.
    func slope(_ beta: Double) -> Double {
      zip(logits, labels).reduce(0) { sum, row in
        let softmax = RowSoftmax(row.0.span, temperature: 1 / beta)
        var mean = 0.0
        for index in row.0.indices {
          mean += exp(softmax.logProbability(row.0[index])) * Double(row.0[index])
        }
        return sum + mean - Double(row.0[row.1])
      }
    }
    var (low, high) = (1e-3, 1e3)
    for _ in 0..<100 where high / low > 1 + 1e-15 {
      let middle = (low * high).squareRoot()
      if slope(middle) < 0 { low = middle } else { high = middle }
    }
    temperature = 1 / (low * high).squareRoot()
  }
}
