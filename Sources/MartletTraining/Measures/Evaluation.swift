import Foundation
public import Martlet
public import MartletData
import Requirements

/// How well a network does on a data set: what it answered to each image, and the measures that follow from it.
///
/// ```swift
/// let images = Shapes.make(.test, count: 50)
/// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
/// let evaluation = Evaluation(of: Classifier(network, parameters: Parameters(of: network, seed: 1)), on: images)
/// print(evaluation.count, evaluation.topAccuracy(10))  // 50 1.0
/// ```
public struct Evaluation: Sendable, Hashable {
  /// The number of classes.
  public let classCount: Int
  /// The label of each image, (count).
  public let labels: [Int]
  /// The class with the largest logit, the first of several, (count); −1 where logits are NaN, which is a miss.
  public let predictions: [Int]
  /// The probability that the network gives its prediction, (count).
  public let confidences: [Double]
  /// How many classes the network finds more likely than the label, (count): 0 for a hit.
  public let ranks: [Int]
  /// The mean negative log-likelihood of the labels: cross-entropy without smoothing.
  public let loss: Double
  /// The mean over images of Σ (p − t)² over the classes, with t the one-hot label: from 0 to 2.
  ///
  /// Brier, "Verification of Forecasts Expressed in Terms of Probability" (1950).
  public let brierScore: Double
  /// The mean cross-entropy to the images' true distributions, where these are known.
  public let trueCrossEntropy: Double?
  /// The mean KL divergence from the images' true distributions to the network's, where these are known.
  public let trueDivergence: Double?

  /// The number of images.
  public var count: Int { labels.count }
  /// The images whose largest logit is at their label.
  public var hits: Int { ranks.count { $0 == 0 } }
  /// The share of images whose largest logit is at their label.
  public var accuracy: Double { topAccuracy(1) }

  /// The share of images whose label is among the `count` most likely classes.
  public func topAccuracy(_ count: Int) -> Double {
    Double(ranks.count { $0 < count }) / Double(max(1, self.count))
  }

  /// How often each class was taken for each, (labels, predictions): row i, column j counts the images of class i that were
  /// taken for class j. Images whose logits are NaN are in no column.
  public var confusionMatrix: [[Int]] {
    var matrix = Array(repeating: Array(repeating: 0, count: classCount), count: classCount)
    for (label, prediction) in zip(labels, predictions) where prediction >= 0 { matrix[label][prediction] += 1 }
    return matrix
  }

  /// The accuracy within each class; NaN for a class without images.
  public var classAccuracies: [Double] {
    var counts = Array(repeating: 0, count: classCount)
    var hits = counts
    for (label, rank) in zip(labels, ranks) {
      counts[label] += 1
      hits[label] += rank == 0 ? 1 : 0
    }
    return zip(hits, counts).map { Double($0) / Double($1) }
  }

  /// The expected calibration error over 15 bins of equal width; see ``Calibration``.
  public var calibrationError: Double { calibration(.equalWidth).expectedError }

  /// Confidence against accuracy, bin by bin.
  public func calibration(_ binning: Calibration.Binning, binCount: Int = 15) -> Calibration {
    Calibration(
      confidences: confidences, isHit: ranks.map { $0 == 0 }, binning: binning, binCount: binCount)
  }

  /// Measures what `classifier` predicts for all images of `dataset`, each seen in `views`.
  public init(
    of classifier: Classifier, on dataset: Dataset, views: TestTimeAugmentation = .none, team: ThreadTeam = .single
  ) {
    self.init(logits: classifier.logits(for: dataset, views: views, team: team), on: dataset)
  }

  /// Measures what a network answered to all images of `dataset`.
  ///
  /// - Parameter logits: its answers, (count, classCount).
  public init(logits: [Float], on dataset: Dataset) {
    self.init(
      logits: logits, labels: dataset.labels, distributions: dataset.distributions, classCount: dataset.classCount)
  }

  /// Measures what a network answered to images of which only labels and distributions are at hand.
  ///
  /// - Parameters:
  ///   - logits: its answers, (count, classCount).
  ///   - labels: the right ones, (count).
  ///   - distributions: the true distributions, (count, classCount), where they are known.
  ///   - classCount: the number of classes.
  public init(logits: [Float], labels: [UInt8], distributions: [Float]?, classCount: Int) {
    require(
      logits.count == labels.count * classCount, "\(labels.count) images need as many rows of \(classCount) logits.")
    var measures = Measures(classCount: classCount)
    for (index, label) in labels.enumerated() {
      let row = index * classCount..<(index + 1) * classCount
      measures.add(logits.span.extracting(row), label: Int(label), distribution: distributions.map { Array($0[row]) })
    }
    self = measures.evaluation
  }

  private init(_ measures: Measures) {
    let total = Double(max(1, measures.labels.count))
    classCount = measures.classCount
    labels = measures.labels
    predictions = measures.predictions
    confidences = measures.confidences
    ranks = measures.ranks
    loss = measures.loss / total
    brierScore = measures.brierScore / total
    let hasTruth = measures.truthCount == measures.labels.count && measures.truthCount > 0
    trueCrossEntropy = hasTruth ? measures.trueCrossEntropy / total : nil
    trueDivergence = hasTruth ? (measures.trueCrossEntropy - measures.trueEntropy) / total : nil
  }

  /// Adds up what an evaluation needs, image by image.
  public struct Measures: Sendable {
    fileprivate let classCount: Int
    fileprivate var labels: [Int] = []
    fileprivate var predictions: [Int] = []
    fileprivate var confidences: [Double] = []
    fileprivate var ranks: [Int] = []
    fileprivate var loss = 0.0
    fileprivate var brierScore = 0.0
    fileprivate var truthCount = 0
    fileprivate var trueCrossEntropy = 0.0
    fileprivate var trueEntropy = 0.0

    /// Nothing seen yet.
    public init(classCount: Int) { self.classCount = classCount }

    /// Adds one image's logits, (classCount), its label, and its true distribution where it is known.
    public mutating func add(_ logits: Span<Float>, label: Int, distribution: [Float]? = nil) {
      require(logits.count == classCount, "There are \(logits.count) logits for \(classCount) classes.")
      let softmax = RowSoftmax(logits)
      let confidence = exp(softmax.logProbability(logits[softmax.best]))
      // NaN logits have no confidence: such an image counts as a miss, and spoils loss and errors.
      let isNumber = !confidence.isNaN
      labels.append(label)
      predictions.append(isNumber ? softmax.best : -1)
      confidences.append(confidence)
      // A class before the label with the same logit comes first, as it does for the prediction.
      var rank = 0
      for index in logits.indices
      where logits[index] > logits[label] || (logits[index] == logits[label] && index < label) {
        rank += 1
      }
      ranks.append(isNumber ? rank : classCount)
      loss -= softmax.logProbability(logits[label])
      for index in logits.indices {
        let distance = exp(softmax.logProbability(logits[index])) - (index == label ? 1 : 0)
        brierScore += distance * distance
      }
      guard let distribution else { return }
      truthCount += 1
      for index in logits.indices where distribution[index] > 0 {
        let truth = Double(distribution[index])
        trueCrossEntropy -= truth * softmax.logProbability(logits[index])
        trueEntropy -= truth * log(truth)
      }
    }

    /// The evaluation of all that was added.
    public var evaluation: Evaluation { Evaluation(self) }
  }
}
