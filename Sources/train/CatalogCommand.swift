import ArgumentParser
import MartletReports
import MartletTraining

/// `train catalog`: what flags take that name something with parameters.
struct CatalogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "List networks, optimizers, schedules and whatever else flags name, with all parameters.")

  /// A flag, and what it can name.
  private struct Section {
    let flag: String
    let introduction: String
    let list: String
  }

  @Argument(help: ArgumentHelp("One flag alone: \(Self.names).", valueName: "flag"))
  var flag: String?

  func validate() throws {
    if let flag, !Self.sections.contains(where: { $0.flag == flag }) {
      throw ValidationError("There is no catalog of '\(flag)'. There are \(Self.names).")
    }
  }

  func run() throws {
    try reportingFailures {
      let chosen = Self.sections.filter { flag == nil || $0.flag == flag }
      print(
        """
        Parameters stand behind a colon, with commas between them: --model vgg:widths=32/64,depth=1. The first
        number, words and switches need no name: --augment crop:4:reflect. Values behind = are defaults; of a|b,
        the first is the default; switches are off unless they are named.

        \(chosen.map { "--\($0.flag): \($0.introduction)\n\n\($0.list)" }.joined(separator: "\n\n\n"))
        """)
    }
  }

  private static var names: String { sections.map(\.flag).joined(separator: ", ") }

  private static let sections = [
    Section(flag: "model", introduction: "the network.", list: list(ModelCatalog.all)),
    Section(
      flag: "optimizer", introduction: "how weights follow their gradients, beside --learning-rate and --weight-decay.",
      list: list(OptimizerCatalog.all)),
    Section(
      flag: "schedule", introduction: "what the learning rate is multiplied by at each step.",
      list: list(ScheduleCatalog.all, shared: ScheduleCatalog.shared)),
    Section(
      flag: "lookahead",
      introduction: "Lookahead: slow weights that follow every few steps, and that training goes back to.",
      list: list(LookaheadCatalog.all)),
    Section(
      flag: "augment",
      introduction:
        "augmentations: random changes of training images, one after the other, such as flip,crop:4. Their own\n"
        + "parameters have colons between them.",
      list: list(AugmentationCatalog.all)),
    Section(
      flag: "groups",
      introduction: "parameters that are trained differently, with semicolons between groups, such as\n"
        + "'biases:decay=0;block1.*:rate=0.1;conv1:frozen'. What is not named is as for all other parameters.",
      list: ChoiceList.text([
        (
          "weights, biases, scales, a name, or a pattern with *",
          "of two groups, the later one wins", GroupCatalog.parameters
        )
      ])),
  ]

  /// A paragraph for each entry; what all of them take comes once, behind them.
  private static func list<Value>(_ entries: [NamedEntry<Value>], shared: [ChoiceParameter] = []) -> String {
    let own = entries.map { entry in
      (
        entry.name, entry.summary,
        entry.parameters.filter { parameter in !shared.contains { $0.name == parameter.name } }
      )
    }
    return ChoiceList.text(shared.isEmpty ? own : own + [("each of them", "takes these as well", shared)])
  }
}
