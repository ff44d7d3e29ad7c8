import ArgumentParser
import Martlet

/// Which network.
struct ModelOptions: ParsableArguments {
  enum Name: String, ExpressibleByArgument, CaseIterable {
    case tutorial, mlp
  }

  @Option(help: "The network: that of PyTorch's tutorial, or a multi-layer perceptron.")
  var model: Name = .tutorial

  @Option(help: ArgumentHelp("The sizes of the perceptron's hidden layers (default: 512,512).", valueName: "n,n,…"))
  var hidden: String?

  /// Refuses sizes that make no network.
  func check() throws {
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

  /// The sizes of the perceptron's hidden layers; nil for the tutorial's network.
  var hiddenSizes: [Int]? { model == .mlp ? hidden.flatMap(Self.sizes) ?? [512, 512] : nil }

  /// The network for images of `inputShape` and `classCount` classes.
  func model(inputShape: Shape, classCount: Int) -> Sequential {
    guard let hiddenSizes else { return Models.tutorial(inputShape: inputShape, classCount: classCount) }
    return Models.mlp(hidden: hiddenSizes, inputShape: inputShape, classCount: classCount)
  }
}
