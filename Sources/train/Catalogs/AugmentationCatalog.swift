import ArgumentParser
import Martlet
import MartletTraining

/// The random changes of training images that can be asked for by name.
enum AugmentationCatalog {
  typealias Entry = NamedEntry<any Augmentation>

  static let all: [Entry] = [
    Entry(
      "flip", "mirrored left to right, with some probability",
      [.number("probability", 0.5, .zeroToOne, "how probable that is")]
    ) { RandomHorizontalFlip(probability: $0.number("probability")) },
    Entry("alternating-flip", "mirrored left to right in every other epoch") { _ in AlternatingHorizontalFlip() },
    Entry(
      "crop", "padded, and cut to its size at a random place",
      [
        .number("padding", 4, .count, "the pixels of padding on each side"),
        ChoiceParameter(
          "mode", .word(["zeros", "reflect"]), "what the padding is: black, or the image mirrored"),
      ]
    ) { RandomCrop(padding: $0.count("padding"), mode: $0.word("mode") == "reflect" ? .reflect : .zeros) },
    Entry(
      "cutout", "a square somewhere set to 0, behind the normalisation",
      [.number("size", 8, .count, "the pixels of a side")]
    ) { Cutout(size: $0.count("size")) },
    Entry(
      "erase", "a rectangle somewhere set to 0, behind the normalisation, with some probability",
      [.number("probability", 0.5, .zeroToOne, "how probable that is")]
    ) { RandomErasing(probability: $0.number("probability")) },
    Entry(
      "jitter", "brighter or darker, and with more or less contrast",
      [
        .number("brightness", 0.2, .atLeastZero, "by how much of it at most"),
        .number("contrast", 0.2, .atLeastZero, "by how much of it at most"),
      ]
    ) { ColorJitter(brightness: $0.number("brightness"), contrast: $0.number("contrast")) },
  ]

  /// The changes that `text` asks for: `flip,crop:4:reflect`.
  static func augmentations(_ text: String) throws -> [any Augmentation] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { item in
      try Entry.make(String(item), flag: "--augment", "augmentation", among: all, separator: ":")
    }
  }
}
