package import MartletTraining

/// Things that can be asked for by name, as text.
package enum ChoiceList {
  /// A paragraph for each: its name, what it is, and its parameters.
  package static func text(_ entries: [(name: String, summary: String, parameters: [ChoiceParameter])]) -> String {
    entries.map { entry in
      (["\(entry.name): \(entry.summary)"] + lines(entry.parameters)).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// A line for each parameter: how it is written with its default, what it does, and what it may be.
  static func lines(_ parameters: [ChoiceParameter]) -> [String] {
    parameters.map { "    \($0.usage): \(meaning($0))" }
  }

  private static func meaning(_ parameter: ChoiceParameter) -> String {
    switch parameter.kind {
    case .number(_, .count): "\(parameter.meaning); a whole number from 1 on"
    case .numbers(_, .count): "\(parameter.meaning); whole numbers from 1 on"
    case .number(_, let limits), .numbers(_, let limits): "\(parameter.meaning); \(limits.words)"
    case .word, .text, .flag: parameter.meaning
    }
  }
}
