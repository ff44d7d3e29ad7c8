extension Models {
  /// LeNet-5, with tanh and average pooling: `conv1`, `conv2`, `fc1`, `fc2`, `fc3`.
  ///
  /// Images of 28×28 are padded by 2 pixels on each side, and others not at all. As in most of its descendants, every channel of
  /// the second convolution sees all channels of the first, and the output is linear: 61,706 parameters on (1, 28, 28).
  ///
  /// LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition" (1998).
  ///
  /// ```swift
  /// let network = try Network(Models.lenet(), inputShape: [1, 28, 28])
  /// print(network.parameterCount)  // 61706
  /// ```
  ///
  /// - Parameters:
  ///   - inputShape: (channels, height, width), at least 16×16.
  ///   - classCount: the number of logits.
  public static func lenet(inputShape: Shape = [1, 28, 28], classCount: Int = 10) -> Sequential {
    let isImage = inputShape.rank == 3
    let padding = isImage && inputShape[1] == 28 && inputShape[2] == 28 ? 2 : 0
    let side = { (length: Int) in max(1, ((length + 2 * padding - 4) / 2 - 4) / 2) }
    let features = isImage ? 16 * side(inputShape[1]) * side(inputShape[2]) : 400
    return Sequential {
      Conv2d(inputShape[0], 6, kernelSize: 5, padding: Size2d(padding)).named("conv1")
      Tanh()
      AvgPool2d(2)
      Conv2d(6, 16, kernelSize: 5).named("conv2")
      Tanh()
      AvgPool2d(2)
      Flatten()
      Linear(features, 120).named("fc1")
      Tanh()
      Linear(120, 84).named("fc2")
      Tanh()
      Linear(84, classCount).named("fc3")
    }
  }
}
