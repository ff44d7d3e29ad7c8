public import Martlet

/// How a network is trained, whatever its labels. The defaults are those of PyTorch's tutorial.
public struct TrainingConfiguration: Sendable, Hashable {
  /// Passes over the training images.
  public var epochs = 2
  /// Images a step; the last step of an epoch may have fewer.
  public var batchSize = 4
  /// The optimizer.
  public var optimizer = SGD(learningRate: 0.001, momentum: 0.9)
  /// The seed of the initial weights and of the batch order.
  public var seed: UInt64 = 0
  /// Whether each epoch has an order of its own; otherwise images come as they are stored.
  public var shuffles = true
  /// The steps from one report of the running loss to the next.
  public var logEvery = 2000

  /// The tutorial's configuration.
  public init() {}
}
