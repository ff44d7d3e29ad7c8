import ArgumentParser
import Martlet

/// The command line: flags in, files and tables out.
@main
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains small networks under hard, smoothed and soft labels, and compares them.",
    discussion: """
      Every first command works without a download: the data set 'shapes' is made by the program.

        train compare                                          three kinds of label, side by side
        train run --dataset cifar10                            PyTorch's tutorial 'Training a Classifier'
        train run --labels soft --save student.safetensors     one network, and keep its weights
        train run --recipe speedrun --dataset cifar10          a whole recipe; 'train recipes' lists them
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, CompareCommand.self, ReportCommand.self, EvaluateCommand.self, DescribeCommand.self,
      DatasetsCommand.self, LossesCommand.self, CatalogCommand.self, RecipesCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  /// Puts recipes in the place of their names, and runs what was asked for.
  static func main() {
    do {
      main(try RecipeExpansion.expandedCommandLine(Array(CommandLine.arguments.dropFirst())))
    } catch {
      exit(withError: error)
    }
  }
}
