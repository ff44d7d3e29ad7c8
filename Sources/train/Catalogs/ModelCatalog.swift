import Martlet
import MartletTraining

/// The networks that can be asked for by name.
enum ModelCatalog {
  /// A network for images of a shape, with as many logits as there are classes.
  typealias Maker = @Sendable (_ inputShape: Shape, _ classCount: Int) -> Sequential
  typealias Entry = NamedEntry<Maker>

  static let all: [Entry] = [
    Entry("tutorial", "that of PyTorch's tutorial") { _ in
      { Models.tutorial(inputShape: $0, classCount: $1) }
    },
    Entry(
      "mlp", "a multi-layer perceptron",
      [ChoiceParameter("hidden", .numbers(default: [512, 512], .count), "the features of each hidden layer")]
    ) { arguments in
      let hidden = arguments.counts("hidden")
      return { Models.mlp(hidden: hidden, inputShape: $0, classCount: $1) }
    },
    Entry("lenet", "LeNet-5") { _ in { Models.lenet(inputShape: $0, classCount: $1) } },
    Entry(
      "vgg", "blocks of 3×3 convolutions with batch normalisation",
      [
        ChoiceParameter("widths", .numbers(default: [64, 128, 256], .count), "the channels of each block"),
        .number("depth", 2, .count, "the convolutions of each block, 100 at most"),
        .number("dropout", 0, .zeroToBelowOne, "the share of the last features that is dropped"),
      ]
    ) { arguments throws(ChoiceError) in
      let (widths, depth) = (arguments.counts("widths"), arguments.count("depth"))
      guard depth <= 100 else { throw ChoiceError("vgg: depth must be 100 at most, not \(depth).") }
      let dropout = arguments.number("dropout")
      return { Models.vgg(widths: widths, depth: depth, dropout: dropout, inputShape: $0, classCount: $1) }
    },
    resnet(20), resnet(32), resnet(56),
    Entry(
      "resnet9", "ResNet-9, from the DAWNBench competition for training speed",
      [.number("width", 64, .count, "the channels of the first layer")]
    ) { arguments in
      let width = arguments.count("width")
      return { Models.resnet9(width: width, inputShape: $0, classCount: $1) }
    },
    Entry(
      "speedrun", "the network of Jordan's airbench94",
      [ChoiceParameter("widths", .numbers(default: [64, 256, 256], .count), "the channels of each block")]
    ) { arguments in
      let widths = arguments.counts("widths")
      return { Models.speedrun(widths: widths, inputShape: $0, classCount: $1) }
    },
  ]

  /// The network that `text` asks for.
  static func model(_ text: String) throws -> Maker {
    try Entry.make(text, flag: "--model", "network", among: all)
  }

  private static func resnet(_ depth: Int) -> Entry {
    Entry("resnet\(depth)", "He's residual network of \(depth) layers for small images") { _ in
      { Models.resnet(depth: depth, inputShape: $0, classCount: $1) }
    }
  }
}

extension ChoiceArguments {
  fileprivate func counts(_ name: String) -> [Int] { numbers(name).map { Int($0) } }
}
