public import Martlet
public import MartletData

// Programs that train one model once need not record it: these do.

extension TrainingRun {
  /// Records `model`, and gets ready to train it; see `init(_:inputs:targets:examples:unlabelled:loss:…)`.
  ///
  /// - Throws: ``ModelError`` if the model does not fit the inputs' shape.
  public init(
    _ model: some Model, inputs: any InputSource, targets: Targets, loss: any Loss,
    configuration: TrainingConfiguration = TrainingConfiguration(), seed: UInt64 = 0
  ) throws(ModelError) {
    self.init(
      try Network(model, inputShape: inputs.inputShape), inputs: inputs, targets: targets, loss: loss,
      configuration: configuration, seed: seed)
  }
}

extension Evaluation {
  /// Records `model`, and asks it with `parameters` about all images of `dataset`.
  ///
  /// - Parameters:
  ///   - model: the network.
  ///   - parameters: its weights.
  ///   - dataset: the images.
  ///   - normalization: how pixels became inputs when the weights were trained; by default as `Dataset.inputs` does it.
  /// - Throws: ``ModelError`` if the model does not fit the images' shape.
  public init(
    of model: some Model, parameters: Parameters, on dataset: Dataset,
    normalization: PixelNormalization = .minusOneToOne
  ) throws(ModelError) {
    let network = try Network(model, inputShape: dataset.imageShape)
    self.init(of: Classifier(network, parameters: parameters, normalization: normalization), on: dataset)
  }
}
