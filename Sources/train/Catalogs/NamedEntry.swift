import ArgumentParser
import MartletTraining

/// Something that a flag can name, with its parameters.
struct NamedEntry<Value>: Choosable {
  let name: String
  /// What it is, in a few words.
  let summary: String
  let parameters: [ChoiceParameter]
  let make: @Sendable (ChoiceArguments) throws(ChoiceError) -> Value

  init(
    _ name: String, _ summary: String, _ parameters: [ChoiceParameter] = [],
    make: @escaping @Sendable (ChoiceArguments) throws(ChoiceError) -> Value
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.make = make
  }

  /// Makes what `text` asks for.
  ///
  /// - Parameters:
  ///   - text: `name:parameter=value,…`.
  ///   - flag: the flag that it stands behind.
  ///   - kind: what such a thing is called in messages.
  static func make(
    _ text: String, flag: String, _ kind: String, among entries: [NamedEntry], separator: Character = ","
  ) throws -> Value {
    do throws(ChoiceError) {
      let choice = try Choice(text, kind, among: entries, separator: separator)
      return try choice.entry.make(choice.arguments)
    } catch {
      throw ValidationError("\(flag): \(error)")
    }
  }

  /// How entries are written, for help: `cosine:end=0`.
  static func usage(_ entries: [NamedEntry]) -> String {
    entries.map { entry in
      let parameters = entry.parameters.map(\.usage).joined(separator: ",")
      return parameters.isEmpty ? entry.name : "\(entry.name):\(parameters)"
    }.joined(separator: " ")
  }
}

extension ChoiceParameter {
  /// A number with limits.
  static func number(_ name: String, _ value: Float, _ limits: Limits, _ meaning: String) -> Self {
    ChoiceParameter(name, .number(default: value, limits), meaning)
  }
}
