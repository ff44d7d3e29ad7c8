import ArgumentParser

/// A whole training under a name: flags, each of which can be overridden.
struct NamedRecipe: Sendable {
  /// A flag without its dashes, and what stands behind it; nil for a flag that stands alone.
  struct Flag: Sendable {
    let name: String
    let value: String?

    init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }

    /// As it is typed, in one word.
    var argument: String { value.map { "--\(name)=\($0)" } ?? "--\(name)" }
  }

  let name: String
  /// What it is, in a sentence.
  let summary: String
  /// The command that it is made for.
  let command: String
  let flags: [Flag]
  /// What it reached: accuracy, seeds, minutes and machine; nil where nobody has measured it.
  var measured: String?

  /// What the recipe sets a flag to; nil if it does not.
  func value(of name: String) -> String? { flags.first { $0.name == name }?.value }
}

/// The recipes that `--recipe` takes.
enum RecipeCatalog {
  static let all: [NamedRecipe] = [
    NamedRecipe(
      name: "speedrun", summary: "A short training on CIFAR-10, after Jordan's airbench94_muon.",
      command: "train run --recipe speedrun",
      flags: speedrun(model: "speedrun", epochs: "10"),
      measured: "94.16 ± 0.25 % with six views, 93.34 ± 0.19 % without, 3 seeds; 16 minutes each on \(machine)"),
    NamedRecipe(
      name: "speedrun-small",
      summary: "The same with half the channels in the last two blocks.",
      command: "train run --recipe speedrun-small",
      flags: speedrun(model: "speedrun:widths=64/128/128", epochs: "10"),
      measured: "93.13 ± 0.09 % with six views, 92.04 ± 0.14 % without, 5 seeds; 7.5 minutes each on \(machine)"),
    NamedRecipe(
      name: "resnet20",
      summary: "He's residual network of 20 layers on CIFAR-10, in 30 epochs; the paper has some 160.",
      command: "train run --recipe resnet20",
      flags: [
        .init("dataset", "cifar10"), .init("model", "resnet20"), .init("epochs", "30"), .init("batch-size", "128"),
        .init("learning-rate", "0.1"),
        .init("momentum", "0.9"), .init("weight-decay", "0.0005"),
        .init("schedule", "multi-step:at=0.5/0.75,unit=share"), .init("augment", "flip,crop:4"),
        .init("normalization", cifar10),
      ]),
    NamedRecipe(
      name: "mnist", summary: "Handwritten digits, by a narrower speedrun network.",
      command: "train run --recipe mnist",
      flags: grey(
        dataset: "mnist", model: "speedrun:widths=32/64/64", augment: "crop:2", normalization: "0.1307:0.3081")),
    NamedRecipe(
      name: "fashion-mnist", summary: "Pictures of clothes, by a narrower speedrun network.",
      command: "train run --recipe fashion-mnist",
      flags: grey(
        dataset: "fashion-mnist", model: "speedrun:widths=64/128/128", augment: "alternating-flip,crop:2:reflect",
        normalization: "0.286:0.353") + [.init("tta", "flip-and-shift")]),
  ]

  /// The recipe called `name`.
  static func recipe(_ name: String) throws -> NamedRecipe {
    guard let recipe = all.first(where: { $0.name == name }) else {
      throw ValidationError(
        "--recipe: There is no recipe '\(name)'. There are \(all.map(\.name).joined(separator: ", ")).")
    }
    return recipe
  }

  /// Where the recipes were measured.
  private static let machine = "two cores of an AMD EPYC (Zen 5)"

  /// Means and deviations of CIFAR-10's training images.
  private static let cifar10 = "0.4914,0.4822,0.4465:0.247,0.2435,0.2616"

  /// Muon for the convolutions behind the whitening. The source adds gradients up over a batch of 2,000, divides the head's outputs by
  /// 256 rather than 9, and starts from weights that are larger by as much: all of that is in these numbers.
  private static func speedrun(model: String, epochs: String) -> [NamedRecipe.Flag] {
    [
      .init("dataset", "cifar10"), .init("model", model), .init("labels", "smooth"), .init("smoothing", "0.2"),
      .init("epochs", epochs), .init("batch-size", "2000"),
      .init("optimizer", "muon:momentum=0.6,steps=3,matrices=*conv*,normalize,others=1.656"),
      .init("learning-rate", "0.24"), .init("momentum", "0.85"), .init("nesterov"), .init("weight-decay", "0.002415"),
      .init("schedule", "polynomial:power=1"),
      .init(
        "groups",
        "*.norm1.bias:rate=64,decay=0.0000377;*.norm2.bias:rate=64,decay=0.0000377;whiten.bias:rate=64,decay=0.0000377,epochs=3"
      ),
      .init("augment", "alternating-flip,crop:2:reflect"), .init("whiten", "5000"), .init("normalization", cifar10),
      .init("tta", "flip-and-shift"),
    ]
  }

  private static func grey(
    dataset: String, model: String, augment: String, normalization: String
  ) -> [NamedRecipe.Flag] {
    [
      .init("dataset", dataset), .init("model", model), .init("labels", "smooth"), .init("smoothing", "0.1"),
      .init("epochs", "15"), .init("batch-size", "512"), .init("learning-rate", "0.75"), .init("momentum", "0.85"),
      .init("nesterov"), .init("weight-decay", "0.00266"),
      .init("schedule", "triangular:start=0.2,peak=0.23,end=0.01"),
      // Shifts of normalisations have 64 times the learning rate, and so a 64th of the weight decay.
      .init(
        "groups",
        "*.norm1.bias:rate=64,decay=0.0000416;*.norm2.bias:rate=64,decay=0.0000416;whiten.bias:epochs=3"),
      .init("augment", augment), .init("whiten", "5000"), .init("normalization", normalization),
    ]
  }
}
