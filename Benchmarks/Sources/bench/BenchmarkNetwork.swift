import ArgumentParser
import Martlet

/// The networks that are measured.
enum BenchmarkNetwork: String, CaseIterable, ExpressibleByArgument {
  case tutorial
  /// The tutorial network with twice as many channels and features everywhere.
  case wide
  case mlp
  case vgg
  case resnet20
  case speedrun

  var inputShape: Shape { self == .mlp ? [784] : [3, 32, 32] }

  var batchSizes: [Int] {
    switch self {
    case .tutorial: [4, 32, 128, 512]
    case .wide: [4, 128]
    case .mlp: [4, 64, 256]
    case .vgg: [8, 64]
    case .resnet20, .speedrun: [128, 1024]
    }
  }

  var model: any Model {
    switch self {
    case .tutorial: Models.tutorial()
    case .wide: Self.tutorial(times: 2)
    case .mlp: Models.mlp(hidden: [512, 512], inputShape: [784], classCount: 10)
    case .vgg:
      Sequential {
        Conv2d(3, 32, kernelSize: 3, padding: 1)
        ReLU()
        Conv2d(32, 32, kernelSize: 3, padding: 1)
        ReLU()
        MaxPool2d(2)
        Conv2d(32, 64, kernelSize: 3, padding: 1)
        ReLU()
        Conv2d(64, 64, kernelSize: 3, padding: 1)
        ReLU()
        MaxPool2d(2)
        Flatten()
        Linear(4096, 256)
        ReLU()
        Linear(256, 10)
      }
    case .resnet20: Models.resnet(depth: 20)
    case .speedrun: Models.speedrun()
    }
  }

  /// The multiply-adds of each layer's forward pass for one example, in order.
  private var products: [Int] {
    switch self {
    case .tutorial: [6 * 75 * 784, 16 * 150 * 100, 400 * 120, 120 * 84, 84 * 10]
    case .wide: [12 * 75 * 784, 32 * 300 * 100, 800 * 240, 240 * 168, 168 * 10]
    case .mlp: [784 * 512, 512 * 512, 512 * 10]
    case .vgg:
      [32 * 27 * 1024, 32 * 288 * 1024, 64 * 288 * 256, 64 * 576 * 256, 4096 * 256, 256 * 10]
    case .resnet20:
      [16 * 27 * 1024] + Array(repeating: 16 * 144 * 1024, count: 6) + [32 * 144 * 256]
        + Array(repeating: 32 * 288 * 256, count: 5) + [64 * 288 * 64] + Array(repeating: 64 * 576 * 64, count: 5)
        + [64 * 10]
    case .speedrun:
      [
        24 * 12 * 961, 64 * 216 * 961, 64 * 576 * 225, 256 * 576 * 225, 256 * 2304 * 49, 256 * 2304 * 49,
        256 * 2304 * 9,
        256 * 10,
      ]
    }
  }

  /// The floating-point operations of one training step for one example, as everybody counts them: two for each
  /// multiply-add, forward, for the weights' gradient, and for the input's gradient except the first layer's. That
  /// three outputs in four have no gradient behind a pooling layer is not taken off.
  var operations: Double {
    let total = products.reduce(0, +)
    return Double(2 * (3 * total - products[0]))
  }

  private static func tutorial(times width: Int) -> Sequential {
    Sequential {
      Conv2d(3, 6 * width, kernelSize: 5)
      ReLU()
      MaxPool2d(2)
      Conv2d(6 * width, 16 * width, kernelSize: 5)
      ReLU()
      MaxPool2d(2)
      Flatten()
      Linear(400 * width, 120 * width)
      ReLU()
      Linear(120 * width, 84 * width)
      ReLU()
      Linear(84 * width, 10)
    }
  }
}

/// Random examples, enough of them that no step finds its inputs in the first-level cache by luck.
struct Examples {
  let inputs: DenseInputs
  let labels: Targets
  let order: [Int]

  init(shape: Shape, classCount: Int, count: Int = 1024) {
    let source = RandomSource(seed: 1)
    inputs = DenseInputs((0..<count * shape.count).map { source.uniform(at: $0) * 2 - 1 }, shape: shape)
    let values = (0..<count).map { source.stream("labels").integer(below: classCount, at: $0) }
    do {
      labels = try .classIndices(values, classCount: classCount)
    } catch {
      fatalError("Labels below \(classCount) are labels of \(classCount) classes: \(error)")
    }
    order = Array(0..<count)
  }

  /// The batch of a step, walking through all examples.
  func batch(_ step: Int, size: Int, targets: Targets? = nil) -> Batch {
    let start = step * size % (order.count - size + 1)
    return Batch(inputs: inputs, targets: targets ?? labels, indices: order[start..<start + size])
  }
}
