/// Networks that are often asked for.
public enum Models {
  /// The network of PyTorch's tutorial 'Training a Classifier', with its names: `conv1`, `conv2`, `fc1`, `fc2`, `fc3`.
  ///
  /// conv 3→6 k5, ReLU, pool 2, conv 6→16 k5, ReLU, pool 2, 400–120–84–10: 62,006 parameters on (3, 32, 32). Other
  /// images get the same network with the sizes that follow: 256 features instead of 400 on (1, 28, 28).
  ///
  /// Source: <https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html>
  ///
  /// - Parameters:
  ///   - inputShape: (channels, height, width), at least 16×16.
  ///   - classCount: the number of logits.
  public static func tutorial(inputShape: Shape = [3, 32, 32], classCount: Int = 10) -> Sequential {
    let side = { (length: Int) in max(1, ((length - 4) / 2 - 4) / 2) }
    let features = inputShape.rank == 3 ? 16 * side(inputShape[1]) * side(inputShape[2]) : 400
    return Sequential {
      Conv2d(inputShape[0], 6, kernelSize: 5).named("conv1")
      ReLU()
      MaxPool2d(2)
      Conv2d(6, 16, kernelSize: 5).named("conv2")
      ReLU()
      MaxPool2d(2)
      Flatten()
      Linear(features, 120).named("fc1")
      ReLU()
      Linear(120, 84).named("fc2")
      ReLU()
      Linear(84, classCount).named("fc3")
    }
  }

  /// A multi-layer perceptron: linear layers `fc1`, `fc2`, … with a ReLU between any two.
  ///
  /// - Parameters:
  ///   - hidden: the features of each hidden layer; empty for a linear classifier.
  ///   - inputShape: any shape; it is flattened.
  ///   - classCount: the number of logits.
  public static func mlp(
    hidden: [Int] = [512, 512], inputShape: Shape = [1, 28, 28], classCount: Int = 10
  ) -> Sequential {
    let sizes = [inputShape.count] + hidden + [classCount]
    return Sequential {
      Flatten()
      for index in 1..<sizes.count {
        Linear(sizes[index - 1], sizes[index]).named("fc\(index)")
        if index < sizes.count - 1 { ReLU() }
      }
    }
  }
}
