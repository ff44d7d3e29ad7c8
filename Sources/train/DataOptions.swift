import ArgumentParser
import Martlet
import MartletData

extension DatasetCatalog: ExpressibleByArgument {}

/// Which images.
struct DataOptions: ParsableArguments {
  @Option(help: "The images.")
  var dataset: DatasetCatalog = .shapes

  @Option(
    help: ArgumentHelp(
      "The folder with the data set's files, or with the folder that its archive makes.", valueName: "dir"))
  var data: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How pixels, 0 to 1, become inputs: minus mean, by deviation; one of each, or with commas one for each channel.",
      valueName: "mean:deviation"))
  var normalization = "0.5:0.5"

  /// Refuses a folder for what has none, and means and deviations that are none.
  func check() throws {
    _ = try pixelNormalization
    if dataset == .shapes && data != nil {
      throw ValidationError(
        "--data names a folder of files, but 'shapes' is made by the program; name another --dataset.")
    }
  }

  /// How pixels become inputs.
  private var pixelNormalization: PixelNormalization {
    get throws {
      let lists = normalization.split(separator: ":", omittingEmptySubsequences: false).map { list in
        list.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) ?? .nan }
      }
      guard lists.count == 2, !lists.joined().contains(where: \.isNaN) else {
        throw ValidationError(
          "--normalization takes a mean and a deviation with a colon between them, such as 0.1307:0.3081, not "
            + "'\(normalization)'.")
      }
      let (means, deviations) = (lists[0], lists[1])
      guard means.count == deviations.count else {
        throw ValidationError("--normalization has \(means.count) means for \(deviations.count) deviations.")
      }
      guard means.allSatisfy({ abs($0) <= 1e6 }), deviations.allSatisfy({ (1e-6...1e6).contains($0) }) else {
        throw ValidationError(
          "--normalization takes means from -1000000 to 1000000 and deviations from 0.000001 to 1000000, not "
            + "'\(normalization)'.")
      }
      return PixelNormalization(mean: means, standardDeviation: deviations)
    }
  }

  /// How pixels of images become inputs.
  ///
  /// - Parameter imageShape: (channels, height, width).
  func normalization(for imageShape: Shape) throws -> PixelNormalization {
    let (wanted, channels) = (try pixelNormalization, imageShape[0])
    guard [1, channels].contains(wanted.mean.count) else {
      throw UsageError(
        description: "--normalization is for \(wanted.mean.count) channels, but these images have \(channels).")
    }
    return wanted
  }

  /// The normalization as it is written down, if it is not the default.
  var normalizationSetting: String? {
    guard let wanted = try? pixelNormalization, wanted != .minusOneToOne else { return nil }
    return [wanted.mean, wanted.standardDeviation].map { $0.map { "\($0)" }.joined(separator: ",") }
      .joined(separator: ":")
  }

  func load(_ split: DatasetCatalog.Split, limit: Int? = nil) throws -> Dataset {
    try dataset.load(split, from: data, limit: limit)
  }
}
