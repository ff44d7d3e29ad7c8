extension Models {
  /// ResNet-9, the residual network that won a competition for training speed: `prep`, `layer1`, `layer2`, `layer3`, `fc`.
  ///
  /// 3×3 convolutions with batch normalisation and ReLU to w, 2w, 4w and 8w channels, the last three with a max-pooling; behind the second
  /// and the fourth, a residual block of two more; then the maximum of each channel, a linear layer without bias, and a fixed factor
  /// of 1/8.
  ///
  /// Page, "How to Train Your ResNet" (2018), <https://github.com/davidcpage/cifar10-fast>: 6,573,120 trained numbers with w = 64 on
  /// (3, 32, 32).
  ///
  /// ```swift
  /// let network = try Network(Models.resnet9(width: 8), inputShape: [3, 32, 32])
  /// print(network.outputShape)  // (10,)
  /// ```
  ///
  /// - Parameters:
  ///   - width: w, the channels of the first convolution.
  ///   - inputShape: (channels, height, width), at least 8×8.
  ///   - classCount: the number of logits.
  public static func resnet9(width: Int = 64, inputShape: Shape = [3, 32, 32], classCount: Int = 10) -> Sequential {
    func block(_ inputs: Int, _ outputs: Int, pools: Bool) -> [any Model] {
      Sequential {
        Conv2d(inputs, outputs, kernelSize: 3, padding: 1, bias: false).named("conv")
        BatchNorm2d(outputs).named("bn")
        ReLU()
        if pools { MaxPool2d(2) }
      }.parts
    }
    func residual(_ channels: Int) -> [any Model] {
      [
        Residual {
          Sequential(block(channels, channels, pools: false)).named("res1")
          Sequential(block(channels, channels, pools: false)).named("res2")
        }.named("residual")
      ]
    }
    return Sequential {
      Sequential(block(inputShape[0], width, pools: false)).named("prep")
      Sequential(block(width, 2 * width, pools: true) + residual(2 * width)).named("layer1")
      Sequential(block(2 * width, 4 * width, pools: true)).named("layer2")
      Sequential(block(4 * width, 8 * width, pools: true) + residual(8 * width)).named("layer3")
      AdaptiveMaxPool2d(1)
      Flatten()
      Linear(8 * width, classCount, bias: false).named("fc")
      Scale(0.125)
    }
  }
}
