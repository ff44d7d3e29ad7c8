import ArgumentParser
import MartletData
import MartletTraining

/// What `train compare` is to do: the arms, each with the flags that hold for it.
///
/// Defaults come first, then the file's common keys, then the arm's own, and flags last.
struct ComparisonPlan {
  /// An arm with its flags.
  struct Arm {
    let name: String
    let labels: LabelMode
    let options: TrainingOptions

    /// What was decided, flag by flag.
    var settings: [Setting] { options.settings(for: labels) }
  }

  /// The flags that hold for all arms.
  let whole: CompareCommand
  let arms: [Arm]

  /// The arms that `command` asks for.
  ///
  /// - Parameter arguments: the flags as they were typed.
  init(_ command: CompareCommand, arguments: [String]) throws {
    guard let path = command.config else {
      whole = command
      arms = Self.arms(command)
      return
    }
    let file = try ConfigurationFile(path: path)
    if file.arms.isEmpty {
      whole = try Self.parse(file, nil, arguments)
      arms = Self.arms(whole)
      return
    }
    if arguments.contains(where: { $0 == "--labels" || $0.hasPrefix("--labels=") }) {
      throw UsageError(description: "--labels does not go with \(path), whose arms have labels of their own.")
    }
    let typedRecipe = RecipeExpansion.value(of: "recipe", in: arguments)
    let modes = try file.arms.map { try Self.labels(of: $0, in: file, typedRecipe) }
    let commands = try CompareCommand.$labelsOfAllArms.withValue(LabelMode.allCases.filter(modes.contains)) {
      try file.arms.map { try Self.parse(file, $0, arguments) }
    }
    arms = zip(zip(file.arms, modes), commands).map { Arm(name: $0.0.name, labels: $0.1, options: $1.options) }
    whole = commands[0]
    try Self.checkWholes(of: arms, in: file)
    let files = Dictionary(grouping: arms) { ComparisonFolder.fileName($0.name) }
    if let clash = files.values.first(where: { $0.count > 1 }) {
      throw DataFileError(
        .malformed, path: path,
        reason: "The arms '\(clash[0].name)' and '\(clash[1].name)' would have the same names of files.",
        advice: "Let the names differ in letters or digits.")
    }
  }

  /// Refuses recipes of arms that set what holds for all arms, and not in the same way.
  private static func checkWholes(of arms: [Arm], in file: ConfigurationFile) throws {
    for flag in FlagEntry.all where flag.scope == .whole && flag.isSetting {
      let values = arms.map { flag.value($0.options) }
      guard let other = values.firstIndex(where: { $0 != values[0] }) else { continue }
      throw DataFileError(
        .malformed, path: file.path,
        reason:
          "Line \(file.arms[other].line): by their recipes, '\(arms[0].name)' and '\(arms[other].name)' differ in '\(flag.name)', "
          + "which holds for all arms.",
        advice: "Write '\(flag.name)' above the arms.")
    }
  }

  /// The labels of an arm, and none of its own keys for other ones.
  ///
  /// - Parameter typedRecipe: the recipe that was typed, which then is that of all arms.
  private static func labels(
    of arm: ConfigurationFile.Arm, in file: ConfigurationFile, _ typedRecipe: String?
  ) throws -> LabelMode {
    let entry = (arm.entries + file.common).first { $0.key == "labels" }
    let recipe = typedRecipe ?? (arm.entries + file.common).first { $0.key == "recipe" }?.value
    let ofRecipe = RecipeCatalog.all.first { $0.name == recipe }?.value(of: "labels")
    guard let mode = (entry?.value ?? ofRecipe).flatMap(LabelMode.init) else {
      throw DataFileError(
        .malformed, path: file.path,
        reason: "Line \(entry?.line ?? arm.line): the arm '\(arm.name)' should say which labels it has.",
        advice: "Write 'labels: hard', 'labels: smooth' or 'labels: soft'.")
    }
    let foreign = arm.entries.first { entry in (FlagEntry.named(entry.key)?.only ?? mode) != mode }
    if let foreign {
      throw DataFileError(
        .malformed, path: file.path,
        reason:
          "Line \(foreign.line): '\(foreign.key)' has no use in the arm '\(arm.name)', whose labels are \(mode.rawValue)."
      )
    }
    return mode
  }

  private static func arms(_ command: CompareCommand) -> [Arm] {
    command.labels.modes.map { Arm(name: $0.rawValue, labels: $0, options: command.options) }
  }

  /// Reads the file's keys as flags, with those that were typed behind them.
  private static func parse(
    _ file: ConfigurationFile, _ arm: ConfigurationFile.Arm?, _ typed: [String]
  ) throws -> CompareCommand {
    let entries = file.common + (arm?.entries ?? [])
    // The file itself is not one of its keys; without it, flags are checked as a whole.
    var kept: [String] = []
    var skipsNext = false
    for word in typed {
      if skipsNext {
        skipsNext = false
      } else if word == "--config" {
        skipsNext = true
      } else if !word.hasPrefix("--config=") {
        kept.append(word)
      }
    }
    do {
      return try CompareCommand.parse(RecipeExpansion.expanded(entries.map(\.argument) + kept))
    } catch {
      let message = CompareCommand.message(for: error)
      /// Where the message names a flag, followed by nothing that would make it another one's name.
      func place(of key: String) -> String.Index? {
        ["--\(key)", "--no-\(key)"].flatMap(message.ranges).first { range in
          message[range.upperBound...].first.map { !$0.isLetter && $0 != "-" } ?? true
        }?.lowerBound
      }
      let isTyped = kept.contains { word in
        word.hasPrefix("--") && place(of: String(word.dropFirst(2).prefix { $0 != "=" })) != nil
      }
      if isTyped { throw UsageError(description: message) }
      // The flag that is named first is the one that is wrong; of two keys, the later one holds.
      let named = entries.reversed().compactMap { entry in place(of: entry.key).map { (entry, $0) } }
      let place = named.min { $0.1 < $1.1 }?.0
      let line = (place?.line ?? arm?.line).map { "Line \($0): " } ?? ""
      throw DataFileError(
        .malformed, path: file.path, reason: line + (arm.map { "Arm '\($0.name)': " } ?? "") + message,
        advice: "Keys are the flags that 'train compare --help' lists.")
    }
  }
}
