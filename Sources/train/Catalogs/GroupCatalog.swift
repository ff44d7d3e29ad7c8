import ArgumentParser
import Martlet
import MartletTraining

/// Groups of parameters, as they are written: `biases:decay=0;whiten.weight:frozen`.
enum GroupCatalog {
  /// What can be said about a group.
  static let parameters: [ChoiceParameter] = [
    .number("rate", 1, .atLeastZero, "what the learning rate is multiplied by"),
    .number("decay", 0, .atLeastZero, "the weight decay"),
    .number("epochs", 1, .aboveZero, "the epochs for which they are trained; then they rest"),
    ChoiceParameter("frozen", .flag, "never changed"),
  ]

  /// The groups that `text` asks for.
  ///
  /// - Parameter schedule: the common schedule, which parameters that rest after some epochs follow until then.
  static func groups(_ text: String, schedule: (any LearningRateSchedule)? = nil) throws -> [ParameterGroup] {
    let common: any LearningRateSchedule = schedule ?? ConstantLR()
    return try text.split(separator: ";", omittingEmptySubsequences: false).map { item in
      let item = item.trimmingCharacters(in: .whitespaces)
      let name = String(item.prefix { $0 != ":" })
      guard !name.isEmpty, item.contains(":") else {
        throw ValidationError(
          "--groups takes names and what they differ in, such as 'biases:decay=0;conv1:frozen', not '\(text)'.")
      }
      let entry = NamedEntry<ParameterGroup>(name, "", parameters) { arguments throws(ChoiceError) in
        guard arguments.number("epochs") <= 1e6 else {
          throw ChoiceError("\(name): epochs must be 1000000 at most, not \(arguments.number("epochs")).")
        }
        return ParameterGroup(
          selection(name), learningRateFactor: arguments.sets("rate") ? arguments.number("rate") : nil,
          weightDecay: arguments.sets("decay") ? arguments.number("decay") : nil,
          isFrozen: arguments.has("frozen") ? true : nil,
          schedule: arguments.sets("epochs")
            ? until(Double(arguments.number("epochs")), common) : nil)
      }
      return try NamedEntry.make(item, flag: "--groups", "group", among: [entry])
    }
  }

  private static func until(_ epochs: Double, _ schedule: some LearningRateSchedule) -> any LearningRateSchedule {
    UntilLR(.epochs(epochs), schedule)
  }

  /// All biases, all scales, all weights, or what has a name or a pattern.
  static func selection(_ name: String) -> ParameterGroup.Selection {
    switch name {
    case "biases": .roles([.bias])
    case "scales": .roles([.scale])
    case "weights": .roles([.weight])
    default: name.contains("*") ? .matching(name) : .named(name)
    }
  }
}
