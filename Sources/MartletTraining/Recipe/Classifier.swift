public import Martlet
public import MartletData
import Requirements

/// A network with its weights, and with the normalisation of pixels that these weights were trained on.
///
/// ```swift
/// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
/// let plain = PixelNormalization(mean: 0, standardDeviation: 1)
/// let classifier = Classifier(network, parameters: Parameters(of: network, seed: 1), normalization: plain)
/// print(classifier.logits(for: Shapes.make(.test, count: 5)).count)  // 50
/// ```
public struct Classifier: Sendable {
  /// The network; its output is one logit a class.
  public let network: Network
  /// Its weights.
  public let parameters: Parameters
  /// How pixels become inputs.
  public let normalization: PixelNormalization

  /// A network with weights.
  ///
  /// - Parameters:
  ///   - network: the network.
  ///   - parameters: its weights.
  ///   - normalization: how pixels became inputs when the weights were trained.
  public init(_ network: Network, parameters: Parameters, normalization: PixelNormalization = .minusOneToOne) {
    require(parameters.fits(network), "These weights are those of another network.")
    self.network = network
    self.parameters = parameters
    self.normalization = normalization
  }

  /// The logits of each image of `dataset`, (count, classCount), in order.
  ///
  /// - Parameters:
  ///   - dataset: the images.
  ///   - views: how each image is seen; of several views, the logits' mean is taken.
  ///   - team: the threads that share the work.
  public func logits(
    for dataset: Dataset, views: TestTimeAugmentation = .none, team: ThreadTeam = .single
  ) -> [Float] {
    guard dataset.count > 0 else { return [] }
    let batchSize = min(256, dataset.count)
    let (outputShape, classCount) = (network.outputShape, dataset.classCount)
    require(
      outputShape == [classCount], "This network's output is \(outputShape), but the images have \(classCount) classes."
    )
    var plan = InferencePlan(network, batchSize: batchSize, parameters: parameters, team: team)
    let inputs = dataset.inputs(normalization: normalization)
    let seen = views.views.map { (inputs: $0.inputs(inputs), weight: $0.weight) }
    let indices = Array(0..<dataset.count)
    var rows = Array(repeating: Float(0), count: dataset.count * classCount)
    for start in stride(from: 0, to: dataset.count, by: batchSize) {
      for (view, (inputs, weight)) in seen.enumerated() {
        let logits = plan.logits(for: inputs, at: indices[start..<min(start + batchSize, dataset.count)])
        for index in logits.indices {
          let place = start * classCount + index
          let share = weight * logits[index]
          rows[place] = view == 0 ? share : rows[place] + share
        }
      }
    }
    return rows
  }
}
