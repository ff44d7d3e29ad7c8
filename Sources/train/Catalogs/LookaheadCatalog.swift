import MartletTraining

/// The ways in which slow weights may follow, by name.
enum LookaheadCatalog {
  typealias Entry = NamedEntry<Lookahead>

  static let all: [Entry] = [
    Entry("constant", "by the same share all the time", [.number("share", 0.5, .zeroToOne, "the share"), every]) {
      Lookahead(every: $0.count("every"), .constant($0.number("share")))
    },
    Entry(
      "falling", "less and less",
      [
        .number("keep", 0.774, .zeroToOne, "the share that slow weights keep of themselves at the end"),
        .number("power", 3, .atLeastZero, "the power of the share of training by which it grows"), every,
      ]
    ) { Lookahead(every: $0.count("every"), .falling(keeping: $0.number("keep"), power: $0.number("power"))) },
  ]

  /// The slow weights that `text` asks for.
  static func lookahead(_ text: String) throws -> Lookahead {
    try Entry.make(text, flag: "--lookahead", "kind of Lookahead", among: all)
  }

  private static let every = ChoiceParameter.number("every", 5, .count, "the steps in between")
}
