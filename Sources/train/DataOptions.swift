import ArgumentParser
import Martlet
import MartletData
import MartletTraining

extension DatasetCatalog: ExpressibleByArgument {}

/// Which images.
struct DataOptions: ParsableArguments {
  @Option(help: "The images.")
  var dataset: DatasetCatalog = .shapes

  @Option(
    help: ArgumentHelp(
      "The folder with the data set's files, or with the folder that its archive makes.", valueName: "dir"))
  var data: String?

  func validate() throws {
    if dataset == .shapes && data != nil {
      throw ValidationError(
        "--data names a folder of files, but 'shapes' is made by the program; name another --dataset.")
    }
  }

  func load(_ split: DatasetCatalog.Split, limit: Int? = nil) throws -> Dataset {
    try dataset.load(split, from: data, limit: limit)
  }
}

/// Which network.
struct ModelOptions: ParsableArguments {
  enum Name: String, ExpressibleByArgument, CaseIterable {
    case tutorial, mlp
  }

  @Option(help: "The network: that of PyTorch's tutorial, or a multi-layer perceptron.")
  var model: Name = .tutorial

  @Option(help: ArgumentHelp("The sizes of the perceptron's hidden layers (default: 512,512).", valueName: "n,n,…"))
  var hidden: String?

  func validate() throws {
    guard let hidden else { return }
    guard model == .mlp else { throw ValidationError("--hidden is for --model mlp.") }
    guard Self.sizes(hidden) != nil else {
      throw ValidationError("--hidden takes whole numbers from 1 to 65536 with commas between them, not '\(hidden)'.")
    }
  }

  private static func sizes(_ text: String) -> [Int]? {
    let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    return sizes.allSatisfy { (1...65536).contains($0) } ? sizes : nil
  }

  var network: NetworkKind {
    model == .tutorial ? .tutorial : .mlp(hidden: hidden.flatMap(Self.sizes) ?? [512, 512])
  }
}
