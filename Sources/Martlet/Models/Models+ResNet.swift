import Requirements

extension Models {
  /// He's residual network for CIFAR, of 6n + 2 layers: ResNet-20, 32, 44, 56, …
  ///
  /// A 3×3 convolution to 16 channels, then three groups of n blocks with 16, 32 and 64 channels at full, half and quarter size, the mean
  /// of each channel, and a linear layer. A block adds to its input two 3×3 convolutions with batch normalisation, with a ReLU between
  /// them and one behind the sum. Where the size changes, the shortcut takes every second pixel and pads channels with zeros (option
  /// A), so that it has no parameters: ResNet-20 has 269,722 of them on (3, 32, 32). Names are `conv1`, `bn1`,
  /// `layer1.0.conv1`, …, `fc`. Initial weights are Kaiming's.
  ///
  /// He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2015), section 4.2.
  ///
  /// ```swift
  /// let network = try Network(Models.resnet(depth: 20), inputShape: [3, 32, 32])
  /// print(network.parameters[5].name)  // layer1.0.conv1.weight
  /// ```
  ///
  /// - Parameters:
  ///   - depth: the layers with weights: 20, 32, 44, 56 or any other 6n + 2.
  ///   - inputShape: (channels, height, width).
  ///   - classCount: the number of logits.
  public static func resnet(depth: Int, inputShape: Shape = [3, 32, 32], classCount: Int = 10) -> Sequential {
    require(depth >= 8 && depth % 6 == 2, "Such a network has 6n + 2 layers, with n of 1 or more, not \(depth).")
    var groups: [any Model] = []
    var channels = 16
    for (index, width) in [16, 32, 64].enumerated() {
      let blocks = (0..<depth / 6).map { place in
        BasicBlock(inputs: place == 0 ? channels : width, outputs: width, stride: place == 0 && index > 0 ? 2 : 1)
      }
      groups.append(Sequential(blocks).named("layer\(index + 1)"))
      channels = width
    }
    return Sequential(
      Sequential {
        Conv2d.kaiming(inputShape[0], 16).named("conv1")
        BatchNorm2d(16).named("bn1")
        ReLU()
      }.parts + groups
        + Sequential {
          AdaptiveAvgPool2d(1)
          Flatten()
          Linear(64, classCount, weight: .kaimingNormal()).named("fc")
        }.parts)
  }

}

/// Two convolutions beside a shortcut, and a ReLU behind their sum.
private struct BasicBlock: Model {
  let inputs: Int
  let outputs: Int
  let stride: Int

  func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    let isLarger = stride > 1 || inputs != outputs
    let shortcut =
      isLarger
      ? try graph.apply(SubsamplingShortcut(outputs, stride: Size2d(stride)), to: input) : input
    var value = try graph.apply(.kaiming(inputs, outputs, stride: stride), to: input, name: "conv1")
    value = try graph.apply(BatchNorm2d(outputs), to: value, name: "bn1")
    value = try graph.apply(ReLU(), to: value)
    value = try graph.apply(.kaiming(outputs, outputs), to: value, name: "conv2")
    value = try graph.apply(BatchNorm2d(outputs), to: value, name: "bn2")
    return try graph.apply(ReLU(), to: graph.add(shortcut, value))
  }
}

extension Layer where Self == Conv2d {
  /// 3×3, without a bias, with Kaiming's first values.
  fileprivate static func kaiming(_ inputs: Int, _ outputs: Int, stride: Int = 1) -> Conv2d {
    Conv2d(
      inputs, outputs, kernelSize: 3, stride: Size2d(stride), padding: 1, weight: .kaimingNormal(), bias: false)
  }
}
