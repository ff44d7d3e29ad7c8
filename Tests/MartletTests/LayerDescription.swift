import Martlet
import Testing

/// A layer as PyTorch's fixtures describe it.
struct LayerDescription: Decodable, Sendable {
  let kind: String
  let inputChannels: Int?
  let outputChannels: Int?
  let inputFeatures: Int?
  let outputFeatures: Int?
  let kernelSize: [Int]?
  let stride: [Int]?
  let padding: [Int]?
  let dilation: [Int]?
  let groups: Int?
  let paddingMode: String?
  /// Left, right, top, bottom.
  let edges: [Int]?
  let bias: Bool?
  let numFeatures: Int?
  let numGroups: Int?
  let numChannels: Int?
  let eps: Float?
  let momentum: Float?
  let affine: Bool?
  let scale: Bool?
  let shift: Bool?
  let approximate: String?
  let negativeSlope: Float?
  let beta: Float?
  let threshold: Float?
  let factor: Float?
  let normalizedShape: [Int]?
  /// What the layer has absorbed, in order.
  let absorbed: [LayerDescription]?
  let countIncludePad: Bool?
  let outputSize: [Int]?

  private func size(_ pair: [Int]?) -> Size2d { Size2d(height: pair?[0] ?? 1, width: pair?[1] ?? 1) }

  private func edge(_ index: Int) throws -> Int { try #require(edges)[index] }

  private func mode() throws -> PaddingMode {
    guard let paddingMode else { return .zeros }
    return try #require(PaddingMode.allCases.first { "\($0)" == paddingMode })
  }

  func layer() throws -> any Layer {
    try (absorbed ?? []).reduce(try single()) { layer, next in
      // No layer that is described here asks for the shape.
      try #require(layer.absorbing(next.layer(), input: [1], isTraining: true), "\(kind) cannot absorb \(next.kind)")
    }
  }

  private func single() throws -> any Layer {
    switch kind {
    case "Conv2d":
      if padding == nil {
        Conv2d(
          try #require(inputChannels), try #require(outputChannels), kernelSize: size(kernelSize), padding: .same,
          dilation: size(dilation), groups: groups ?? 1, paddingMode: try mode(), bias: bias ?? true)
      } else {
        Conv2d(
          try #require(inputChannels), try #require(outputChannels), kernelSize: size(kernelSize),
          stride: size(stride), padding: size(padding), dilation: size(dilation), groups: groups ?? 1,
          paddingMode: try mode(), bias: bias ?? true)
      }
    case "ZeroPad2d":
      ZeroPad2d(left: try edge(0), right: try edge(1), top: try edge(2), bottom: try edge(3))
    case "ReflectionPad2d":
      ReflectionPad2d(left: try edge(0), right: try edge(1), top: try edge(2), bottom: try edge(3))
    case "ReplicationPad2d":
      ReplicationPad2d(left: try edge(0), right: try edge(1), top: try edge(2), bottom: try edge(3))
    case "CircularPad2d":
      CircularPad2d(left: try edge(0), right: try edge(1), top: try edge(2), bottom: try edge(3))
    case "Linear":
      Linear(try #require(inputFeatures), try #require(outputFeatures), bias: bias ?? true)
    case "MaxPool2d": MaxPool2d(size(kernelSize), stride: size(stride), padding: size(padding))
    case "ReLU": ReLU()
    case "BatchNorm2d":
      BatchNorm2d(
        try #require(numFeatures), epsilon: try #require(eps), momentum: try #require(momentum),
        scale: scale ?? affine ?? true, shift: shift ?? affine ?? true)
    case "BatchNorm1d":
      BatchNorm1d(
        try #require(numFeatures), epsilon: try #require(eps), momentum: try #require(momentum),
        scale: scale ?? affine ?? true, shift: shift ?? affine ?? true)
    case "GroupNorm":
      GroupNorm(
        groups: try #require(numGroups), channels: try #require(numChannels), epsilon: try #require(eps),
        affine: try #require(affine as Bool?))
    case "AvgPool2d":
      AvgPool2d(
        size(kernelSize), stride: size(stride), padding: size(padding),
        countsPadding: try #require(countIncludePad as Bool?))
    case "LayerNorm":
      LayerNorm(
        Shape(try #require(normalizedShape)), epsilon: try #require(eps), scale: try #require(scale as Bool?),
        shift: try #require(shift as Bool?))
    case "LeakyReLU": LeakyReLU(negativeSlope: try #require(negativeSlope))
    case "GELU": GELU(approximation: try #require(approximate.flatMap(GELU.Approximation.init)))
    case "SiLU": SiLU()
    case "Tanh": Tanh()
    case "Sigmoid": Sigmoid()
    case "Softplus": Softplus(beta: try #require(beta), threshold: try #require(threshold))
    case "Scale": Scale(try #require(factor))
    case "AdaptiveAvgPool2d": AdaptiveAvgPool2d(size(outputSize))
    case "AdaptiveMaxPool2d": AdaptiveMaxPool2d(size(outputSize))
    case "SubsamplingShortcut": SubsamplingShortcut(try #require(outputChannels), stride: size(stride))
    default: throw Unknown(kind: kind)
    }
  }
}

/// A layer that no test knows.
struct Unknown: Error { let kind: String }
