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

  /// Refuses a folder for what has none.
  func check() throws {
    if dataset == .shapes && data != nil {
      throw ValidationError(
        "--data names a folder of files, but 'shapes' is made by the program; name another --dataset.")
    }
  }

  func load(_ split: DatasetCatalog.Split, limit: Int? = nil) throws -> Dataset {
    try dataset.load(split, from: data, limit: limit)
  }
}
