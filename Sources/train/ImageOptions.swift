import ArgumentParser
import Martlet
import MartletTraining

/// What becomes of images before the network sees them.
struct ImageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Change training images at random, anew for each epoch: "
        + AugmentationCatalog.all.map(\.name).joined(separator: ", ")
        + "; such as 'flip,crop:4,cutout:8'. 'train catalog augment' says more.",
      valueName: "name:x,…"))
  var augment: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Mix each image and its label with another of the step, in a proportion drawn from Beta(α, α).", valueName: "α"))
  var mixup: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Put a rectangle of another image of the step into each, with that share of its label, drawn from Beta(α, α). With --mixup, each step "
        + "takes one of the two.",
      valueName: "α"))
  var cutmix: Double?

  @Option(help: "Test with several views of each image: mirrored, and moved by a pixel as well.")
  var tta: TestTimeAugmentation = .none

  /// Refuses values that make no sense.
  func check(batchSize: Int) throws {
    _ = try augmentations
    for (flag, value) in [("--mixup", mixup), ("--cutmix", cutmix)] {
      guard let value else { continue }
      guard (1e-3...1e3).contains(value) else {
        throw ValidationError("\(flag) must be from 0.001 to 1000, not \(value).")
      }
      guard batchSize > 1 else {
        throw ValidationError("\(flag) mixes the images of a step: it needs a --batch-size of 2 or more.")
      }
    }
  }

  /// Refuses what images of a shape are too small for.
  func check(_ imageShape: Shape) throws {
    try tta.check(imageShape)
    let side = min(imageShape[1], imageShape[2])
    for case let crop as RandomCrop in try augmentations where crop.mode == .reflect && 2 * crop.padding >= side {
      throw UsageError(
        description:
          "--augment crop:\(crop.padding):reflect needs images of more than \(2 * crop.padding) pixels a side, not of shape "
          + "\(imageShape).")
    }
  }

  /// The random changes that the flags ask for.
  var augmentations: [any Augmentation] {
    get throws { try augment.map(AugmentationCatalog.augmentations) ?? [] }
  }
}

extension TestTimeAugmentation: ExpressibleByArgument {
  /// Refuses images that are too small to be moved.
  func check(_ imageShape: Shape) throws {
    guard self == .flipAndShift, min(imageShape[1], imageShape[2]) < 3 else { return }
    throw UsageError(
      description: "--tta flip-and-shift needs images of 3×3 pixels or more, not of shape \(imageShape).")
  }
}
