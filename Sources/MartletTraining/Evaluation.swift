import Foundation
public import Martlet
public import MartletData

/// How well a network does on a data set.
///
/// ```swift
/// let images = Shapes.make(.test, count: 50)
/// let weights = try Parameters(of: Models.tutorial(), inputShape: [3, 32, 32], seed: 1)
/// let evaluation = try Evaluation(of: Models.tutorial(), parameters: weights, on: images, team: .single)
/// print(evaluation.count)  // 50
/// ```
public struct Evaluation: Sendable, Hashable {
  /// The images.
  public let count: Int
  /// The images whose largest logit is at their label.
  public let hits: Int
  /// The mean negative log-likelihood of the labels: cross-entropy without smoothing.
  public let loss: Double
  /// The expected calibration error: the mean distance between confidence and accuracy over 15 bins of equal width.
  ///
  /// Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks" (2017).
  public let calibrationError: Double
  /// The accuracy within each class; NaN for a class without images.
  public let classAccuracies: [Double]

  /// The share of images whose largest logit is at their label.
  public var accuracy: Double { Double(hits) / Double(max(1, count)) }

  /// Runs `model` with `parameters` over all images of `dataset`.
  public init(
    of model: some Model, parameters: Parameters, on dataset: Dataset, team: ThreadTeam = .single
  ) throws(ModelError) {
    var measures = Measures(classCount: dataset.classCount)
    try Predictions.forEach(of: model, parameters: parameters, on: dataset, team: team) { index, logits in
      measures.add(logits, label: Int(dataset.labels[index]))
    }
    self = measures.evaluation
  }

  private init(count: Int, hits: Int, loss: Double, calibrationError: Double, classAccuracies: [Double]) {
    self.count = count
    self.hits = hits
    self.loss = loss
    self.calibrationError = calibrationError
    self.classAccuracies = classAccuracies
  }

  /// Adds up what an evaluation needs, image by image.
  public struct Measures: Sendable {
    private static let binCount = 15
    private var count = 0
    private var loss = 0.0
    private var classCounts: [Int]
    private var classHits: [Int]
    private var binConfidences = [Double](repeating: 0, count: binCount)
    private var binHits = [Int](repeating: 0, count: binCount)

    /// Nothing seen yet.
    public init(classCount: Int) {
      classCounts = Array(repeating: 0, count: classCount)
      classHits = Array(repeating: 0, count: classCount)
    }

    /// Adds one image's logits and label.
    public mutating func add(_ logits: Span<Float>, label: Int) {
      let softmax = RowSoftmax(logits)
      let confidence = exp(softmax.logProbability(logits[softmax.best]))
      // Bins are open on the left: a confidence of exactly 0.2 belongs to the bin below it.
      // Logits that are no numbers have no confidence: such an image counts as a miss, and spoils loss and error.
      let isNumber = !confidence.isNaN
      let bin =
        isNumber ? min(Self.binCount - 1, max(0, Int((confidence * Double(Self.binCount)).rounded(.up)) - 1)) : 0
      let isHit = isNumber && softmax.best == label
      count += 1
      loss -= softmax.logProbability(logits[label])
      classCounts[label] += 1
      classHits[label] += isHit ? 1 : 0
      binConfidences[bin] += confidence
      binHits[bin] += isHit ? 1 : 0
    }

    /// The evaluation of all that was added.
    public var evaluation: Evaluation {
      let total = Double(max(1, count))
      let gap = zip(binConfidences, binHits).reduce(0) { $0 + abs($1.0 - Double($1.1)) }
      return Evaluation(
        count: count, hits: classHits.reduce(0, +), loss: loss / total,
        calibrationError: gap / total,
        classAccuracies: zip(classHits, classCounts).map { Double($0) / Double($1) })
    }
  }
}
