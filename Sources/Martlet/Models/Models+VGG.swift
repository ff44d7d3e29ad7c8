extension Models {
  /// Blocks of 3×3 convolutions with batch normalisation and ReLU, each block behind a max-pooling, and a linear layer.
  ///
  /// The blocks of Simonyan and Zisserman's networks at a size for small images: `block1.conv1`, `block1.norm1`, … and `fc`.
  ///
  /// Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2014); with the batch
  /// normalisation of Ioffe and Szegedy (2015).
  ///
  /// ```swift
  /// let network = try Network(Models.vgg(widths: [8, 16]), inputShape: [3, 32, 32])
  /// print(network.outputShape)  // (10,)
  /// ```
  ///
  /// - Parameters:
  ///   - widths: the channels of each block; after each, height and width are halved.
  ///   - depth: the convolutions of each block.
  ///   - dropout: the share of the features that is dropped before the linear layer.
  ///   - inputShape: (channels, height, width).
  ///   - classCount: the number of logits.
  public static func vgg(
    widths: [Int] = [64, 128, 256], depth: Int = 2, dropout: Float = 0, inputShape: Shape = [3, 32, 32],
    classCount: Int = 10
  ) -> Sequential {
    var parts: [any Model] = []
    var channels = inputShape[0]
    for (index, width) in widths.enumerated() {
      let inputs = channels
      let block = Sequential {
        for number in 1...depth {
          Conv2d(
            number == 1 ? inputs : width, width, kernelSize: 3, padding: 1,
            weight: .kaimingNormal(mode: .fanOut), bias: false
          ).named("conv\(number)")
          BatchNorm2d(width).named("norm\(number)")
          ReLU()
        }
        MaxPool2d(2)
      }
      parts.append(block.named("block\(index + 1)"))
      channels = width
    }
    let side = { (length: Int) in widths.reduce(length) { length, _ in length / 2 } }
    let features = inputShape.rank == 3 ? channels * side(inputShape[1]) * side(inputShape[2]) : channels
    return Sequential(
      parts
        + Sequential {
          Flatten()
          if dropout > 0 { Dropout(dropout) }
          Linear(max(1, features), classCount).named("fc")
        }.parts)
  }
}
