public import Martlet

/// All that the result of a training depends on, beside the images and a seed: network, labels, loss, optimizer.
///
/// ```swift
/// let shape: Shape = [3, 32, 32]
/// let network = try Network(Models.mlp(hidden: [8], inputShape: shape), inputShape: shape)
/// var recipe = Recipe("smoothed", network: network)
/// recipe.labels.source = .smoothed(by: 0.1)
/// recipe.configuration.epochs = 1
/// let result = try recipe.run(
///   seed: 1, training: Shapes.make(.train, count: 80), test: Shapes.make(.test, count: 40))
/// print(result.trial.recipe, result.evaluation.count)  // smoothed 40
/// ```
public struct Recipe: Sendable {
  /// What it is called in results.
  public var name: String
  /// The network; its output is one logit a class.
  public var network: Network
  /// What the network learns from.
  public var labels: LabelSettings
  /// What is minimised.
  public var loss: any Loss
  /// Optimizer, epochs and batches.
  public var configuration: TrainingConfiguration
  /// How pixels become inputs, in training and in all predictions afterwards.
  public var normalization: PixelNormalization
  /// In which views the trained network sees each test image. Curves, validation and the soft labels of a teacher take images as they
  /// are.
  public var testTimeAugmentation = TestTimeAugmentation.none
  /// Initial weights; nil draws them from each trial's seed.
  public var initialParameters: Parameters?
  /// A convolution whose initial weights come from the training images; nil for none.
  public var whitening: Whitening?

  /// A recipe.
  ///
  /// - Parameters:
  ///   - name: what it is called.
  ///   - network: the network, for images of its input shape.
  ///   - labels: what the network learns from.
  ///   - loss: what is minimised.
  ///   - configuration: optimizer, epochs and batches.
  ///   - normalization: how pixels become inputs.
  ///   - initialParameters: the initial weights; nil draws them from each trial's seed.
  public init(
    _ name: String, network: Network, labels: LabelSettings = LabelSettings(), loss: any Loss = CrossEntropy(),
    configuration: TrainingConfiguration = TrainingConfiguration(), normalization: PixelNormalization = .minusOneToOne,
    initialParameters: Parameters? = nil
  ) {
    self.name = name
    self.network = network
    self.labels = labels
    self.loss = loss
    self.configuration = configuration
    self.normalization = normalization
    self.initialParameters = initialParameters
  }

  /// The threads that a step of this recipe can feed.
  public var usefulThreadCount: Int {
    TrainingPlan.usefulThreadCount(
      of: network, batchSize: configuration.batchSize + (labels.pseudoLabelling.unlabelledBatchSize ?? 0))
  }

  /// The network with `parameters`, ready to predict.
  func classifier(_ parameters: Parameters) -> Classifier {
    Classifier(network, parameters: parameters, normalization: normalization)
  }
}
