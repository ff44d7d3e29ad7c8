import ArgumentParser
import Martlet
import MartletTraining

/// Which network.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "The network: \(ModelCatalog.Entry.usage(ModelCatalog.all)). 'train catalog model' says more.",
      valueName: "name:x=1,y"))
  var modelText = "tutorial"

  @Option(
    help: ArgumentHelp("The sizes of a perceptron's hidden layers: short for --model mlp:hidden=….", valueName: "n,n,…")
  )
  var hidden: String?

  /// Refuses what makes no network.
  func check() throws {
    if let hidden {
      guard modelText == "mlp" else { throw ValidationError("--hidden is for --model mlp.") }
      let sizes = hidden.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard sizes.allSatisfy((1...65536).contains) else {
        throw ValidationError(
          "--hidden takes whole numbers from 1 to 65536 with commas between them, not '\(hidden)'.")
      }
    }
    _ = try maker
  }

  /// The network by its name and parameters.
  var setting: String { hidden.map { "mlp:hidden=\($0.replacing(",", with: "/"))" } ?? modelText }

  private var maker: ModelCatalog.Maker {
    get throws { try ModelCatalog.model(setting) }
  }

  /// The network for images of a shape.
  ///
  /// - Parameters:
  ///   - inputShape: (channels, height, width).
  ///   - classCount: the number of logits.
  ///   - outputLayer: what comes behind the logits, if anything.
  /// - Throws: `UsageError`, if the network that was asked for does not fit the images; `ModelError`, if nobody asked for one.
  func network(inputShape: Shape, classCount: Int, outputLayer: (any Layer)? = nil) throws -> Network {
    let logits = try maker(inputShape, classCount)
    let model = outputLayer.map { Sequential(logits.parts + [$0]) } ?? logits
    do throws(ModelError) {
      return try Network(model, inputShape: inputShape)
    } catch {
      if modelText == "tutorial" { throw error }
      throw UsageError(
        description: "--model \(setting) does not fit images of shape \(inputShape). \(error)")
    }
  }
}
