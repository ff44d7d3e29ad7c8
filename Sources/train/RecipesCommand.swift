import ArgumentParser

/// `train recipes`: what `--recipe` takes.
struct RecipesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recipes",
    abstract: "List the recipes: what they are, their commands, and the flags that they stand for.")

  @Argument(help: "One of them alone.")
  var name: String?

  func validate() throws {
    if let name { _ = try RecipeCatalog.recipe(name) }
  }

  func run() throws {
    try reportingFailures {
      let chosen = try name.map { [try RecipeCatalog.recipe($0)] } ?? RecipeCatalog.all
      print(
        """
        A recipe is a set of flags under a name: --recipe speedrun. Flags that are typed, and keys of a
        configuration file, win over it; 'none' takes a flag of it back. Other --labels also drop the recipe's
        smoothing, another --optimizer its learning rate, weight decay, momentum and groups, another --model
        its groups and its whitening.

        \(chosen.map(Self.text).joined(separator: "\n\n"))
        """)
    }
  }

  private static func text(_ recipe: NamedRecipe) -> String {
    let flags = recipe.flags.map { flag in
      "    --\(flag.name)" + (flag.value.map { " \(quoted($0))" } ?? "")
    }
    let measured = recipe.measured.map { ["    measured: \($0)"] } ?? []
    return (["\(recipe.name): \(recipe.summary)", "    \(recipe.command)"] + measured + flags)
      .joined(separator: "\n")
  }

  /// A value as a shell takes it.
  private static func quoted(_ value: String) -> String {
    value.contains { "*; ".contains($0) } ? "'\(value)'" : value
  }
}
