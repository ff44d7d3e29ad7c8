import ArgumentParser

/// From `--recipe NAME` to the recipe's flags, before anything is parsed.
enum RecipeExpansion {
  /// Flags that go with another one: where that is overridden by something of another name, they fall with it. SGD's momentum means
  /// nothing to AdamW, its learning rate is far too high for it, and the groups of one network are not those of another.
  private static let companions = [
    "smoothing": ["labels"], "momentum": ["optimizer"], "nesterov": ["optimizer"], "learning-rate": ["optimizer"],
    "weight-decay": ["optimizer"], "groups": ["model", "optimizer"], "whiten": ["model"],
  ]

  /// What flags are where neither a recipe nor anybody else says so, as far as others go with them.
  private static let defaults = ["optimizer": "sgd"]

  /// `arguments` with the flags of the recipe that they name last in front of them, so that all others win over it.
  ///
  /// A flag whose last value is `none` is taken back, if any recipe has it: there is neither the recipe's nor that one.
  ///
  /// - Parameter arguments: flags as they are typed; keys of a configuration file as flags, with those that were typed behind them.
  /// - Throws: `ValidationError`, if there is no such recipe.
  static func expanded(_ arguments: [String]) throws -> [String] {
    guard let name = value(of: "recipe", in: arguments) else { return arguments }
    let recipe = try RecipeCatalog.recipe(name)
    // The views of test images have a value of that name.
    let takenBack = Set(RecipeCatalog.all.flatMap(\.flags).map(\.name))
      .filter { $0 != "tta" && value(of: $0, in: arguments) == "none" }
    let flags = recipe.flags.filter { flag in
      guard !takenBack.contains(flag.name) else { return false }
      return (companions[flag.name] ?? []).allSatisfy { leader in
        guard let wanted = recipe.value(of: leader) ?? defaults[leader], let chosen = value(of: leader, in: arguments)
        else { return true }
        // The kinds of label of a comparison are several, with commas between them.
        return chosen.split(separator: ",").contains { firstWord($0) == firstWord(wanted[...]) }
      }
    }
    return flags.map(\.argument) + removing(takenBack, from: arguments)
  }

  /// `arguments` without some flags and their values.
  private static func removing(_ names: Set<String>, from arguments: [String]) -> [String] {
    var rest: [String] = []
    var isValue = false
    for word in arguments {
      defer { isValue = !isValue && names.contains { word == "--\($0)" } }
      if isValue || names.contains(where: { word == "--\($0)" || word.hasPrefix("--\($0)=") }) { continue }
      rest.append(word)
    }
    return rest
  }

  /// What a whole command line becomes: `run` and `compare` take recipes.
  static func expandedCommandLine(_ arguments: [String]) throws -> [String] {
    guard let first = arguments.first else { return arguments }
    if ["run", "compare"].contains(first) { return [first] + (try expanded(Array(arguments.dropFirst()))) }
    // Without a command's name, it is 'run'; others take no recipe, and say so.
    return first.hasPrefix("-") ? try expanded(arguments) : arguments
  }

  /// What stands behind a flag the last time that it is there; nil if it is not there, or nothing stands behind it.
  static func value(of name: String, in arguments: [String]) -> String? {
    for (index, word) in arguments.enumerated().reversed() {
      if word.hasPrefix("--\(name)=") { return String(word.dropFirst(name.count + 3)) }
      if word == "--\(name)" { return index + 1 < arguments.count ? arguments[index + 1] : nil }
    }
    return nil
  }

  private static func firstWord(_ text: Substring) -> Substring { text.prefix { $0 != ":" } }
}
