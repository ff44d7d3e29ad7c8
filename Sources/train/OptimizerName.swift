import ArgumentParser
import Martlet

/// The optimizers that can be asked for.
enum OptimizerName: String, ExpressibleByArgument, CaseIterable {
  case sgd, adamw
}

extension TrainingOptions {
  /// The optimizer that the flags ask for.
  var chosenOptimizer: any Optimizer {
    switch optimizer {
    case .sgd: SGD(learningRate: learningRate, momentum: momentum, weightDecay: weightDecay, nesterov: nesterov)
    case .adamw: AdamW(learningRate: learningRate, weightDecay: weightDecay)
    }
  }

  /// The random changes of training images that the flags ask for.
  var augmentations: [any Augmentation] {
    (flip ? [RandomHorizontalFlip()] : []) + (shift.map { [RandomCrop(padding: $0)] } ?? [])
  }
}
