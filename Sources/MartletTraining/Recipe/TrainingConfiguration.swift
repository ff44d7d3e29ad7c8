public import Martlet

/// How a network is trained, whatever its labels. The defaults are those of PyTorch's tutorial.
public struct TrainingConfiguration: Sendable {
  /// Passes over the training images.
  public var epochs = 2
  /// Images a step; the last step of an epoch may have fewer.
  public var batchSize = 4
  /// The optimizer.
  public var optimizer: any Optimizer = SGD(learningRate: 0.001, momentum: 0.9)
  /// What the learning rate is multiplied by at each step; nil leaves it alone.
  public var schedule: (any LearningRateSchedule)?
  /// Parameters that are trained differently from the others, or not at all.
  public var groups: [ParameterGroup] = []
  /// If the norm of all gradients together is larger, they are scaled down to it; nil for no limit.
  public var maximumGradientNorm: Float?
  /// What each gradient is limited to, before the norm of all is taken; nil for no limit.
  public var maximumGradientValue: Float?
  /// Slow weights that training goes back to every few steps; nil for none.
  public var lookahead: Lookahead?
  /// Which average of the weights is the result; nil takes the last ones.
  public var averaging: WeightAveraging?
  /// Random changes of the training images, in order: each epoch has its own.
  public var augmentations: [any Augmentation] = []
  /// How the images of a step are mixed with each other; nil leaves them alone.
  public var mixup: Mixup?
  /// How the images of a step get parts of each other; nil leaves them alone. With ``mixup`` as well, each step takes one of the two.
  public var cutmix: CutMix?
  /// Which labelled images are held out, to test the network on them after each epoch; nil trains on all of them.
  public var validation: ValidationSplit?
  /// Whether each epoch has an order of its own; otherwise images come as they are stored.
  public var shuffles = true

  /// The tutorial's configuration.
  public init() {}
}
