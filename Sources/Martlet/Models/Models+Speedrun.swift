extension Models {
  /// The network of a recipe that reaches 94 % on CIFAR-10 with few operations: `whiten`, `block1`, `block2`, `block3`, `head`.
  ///
  /// A 2×2 convolution to 24 channels, or 8 of grey images, whose weights are meant to be set by
  /// ``Parameters/whiten(_:with:examples:epsilon:)`` and frozen; three blocks of a 3×3 convolution, max-pooling, batch normalisation and GELU, and once more without pooling; the maximum
  /// of each channel; a linear layer without bias, times 1/9. Batch normalisations have a shift, but no scale, and convolutions
  /// start as identities as far as they have input channels.
  ///
  /// Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024), <https://github.com/KellerJordan/cifar10-airbench>:
  /// 64, 256 and 256 channels for 94 % (1.97 million parameters), 64, 128 and 128 for 93 %.
  ///
  /// ```swift
  /// let network = try Network(Models.speedrun(widths: [8, 16, 16]), inputShape: [3, 32, 32])
  /// print(network.outputShape)  // (10,)
  /// ```
  ///
  /// - Parameters:
  ///   - widths: the channels of each block.
  ///   - inputShape: (channels, height, width), at least 17×17.
  ///   - classCount: the number of logits.
  public static func speedrun(
    widths: [Int] = [64, 256, 256], inputShape: Shape = [3, 32, 32], classCount: Int = 10
  ) -> Sequential {
    // Twice the elements of a patch: each direction and its opposite.
    let whitened = 2 * 4 * inputShape[0]
    var blocks: [any Model] = []
    var channels = whitened
    for (index, width) in widths.enumerated() {
      blocks.append(speedrunBlock(channels, width).named("block\(index + 1)"))
      channels = width
    }
    return Sequential(
      Sequential {
        Conv2d(inputShape[0], whitened, kernelSize: 2, bias: .constant(0)).named("whiten")
        GELU()
      }.parts + blocks
        + Sequential {
          AdaptiveMaxPool2d(1)
          Flatten()
          Linear(channels, classCount, bias: false).named("head")
          Scale(1.0 / 9)
        }.parts)
  }

  private static func speedrunBlock(_ inputs: Int, _ outputs: Int) -> Sequential {
    func convolution(_ inputs: Int) -> Conv2d {
      Conv2d(inputs, outputs, kernelSize: 3, padding: 1, weight: .dirac(others: .fanIn), bias: false)
    }
    // PyTorch's momentum is the batch's share; the source's is that of the past, 0.6.
    func normalization() -> BatchNorm2d { BatchNorm2d(outputs, epsilon: 1e-12, momentum: 0.4, scale: false) }
    return Sequential {
      convolution(inputs).named("conv1")
      MaxPool2d(2)
      normalization().named("norm1")
      GELU()
      convolution(outputs).named("conv2")
      normalization().named("norm2")
      GELU()
    }
  }
}
