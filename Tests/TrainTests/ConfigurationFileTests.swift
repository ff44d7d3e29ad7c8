import Foundation
import MartletTestSupport
import Testing

/// A configuration file with a mistake, and what must be said about it.
struct BadConfiguration: Sendable, CustomTestStringConvertible {
  let text: String
  let says: String
  var flags: [String] = []

  var testDescription: String { says }

  static let all: [BadConfiguration] =
    [
      ("this is text", "A configuration is keys with values"),
      ("", "A configuration is keys with values"),
      ("epochs: [1", "This is no YAML"),
      ("epochs: ten", "Line 1: The value 'ten' is invalid for '--epochs"),
      ("limit: 5\nepoks: 3", "Line 2: Unknown option '--epoks'"),
      ("limit: 5\nepochs: -3", "Line 2: --epochs must be"),
      ("quiet: 3", "Line 1: The option '--quiet' does not take any value"),
      ("epochs: yes", "Line 1: The value 'yes' is invalid for '--epochs"),
      ("epochs:\nlimit: 60", "Line 1: 'epochs' needs a value"),
      ("epochs: ~", "Line 1: 'epochs' needs a value"),
      ("seed: 1\nlimit: 5\nseeds: 0", "Line 3: --seeds must be"),
      ("data: x\ndataset: nope", "Line 2: The value 'nope' is invalid"),
      ("help-hidden: true", "Line 1: 'help-hidden' cannot stand here"),
      ("labels-of-all-arms: soft", "Unknown option"),
      ("epochs: 1\nepochs: 2", "This is no YAML"),
      ("arms:\n  - name: '!!!'\n    labels: hard", "Line 2: An arm's name needs a letter or a digit"),
      ("arms:\n  - name: \"a\\nb\"\n    labels: hard", "Line 2: An arm's name needs"),
      ("3: 4", "Line 1: A key is a flag without its dashes"),
      ("--epochs: 4", "Line 1: A key is a flag without its dashes"),
      ("epochs: {a: 1}", "Line 1: The value of 'epochs' should be a word, a number, or a list"),
      ("config: other.yaml", "Line 1: 'config' cannot stand here"),
      ("arms: 3", "Line 1: 'arms' should be a list"),
      ("arms: []", "Line 1: 'arms' should be a list"),
      ("arms:\n  - hard", "Line 2: An arm is keys with values"),
      ("arms:\n  - labels: hard", "Line 2: This arm has no 'name'"),
      ("arms:\n  - name: a", "Line 2: the arm 'a' should say which labels it has"),
      ("arms:\n  - name: a\n    labels: hard,soft", "Line 3: the arm 'a' should say which labels it has"),
      ("arms:\n  - name: a\n    labels: hard\n  - name: a\n    labels: soft", "Line 4: there is an arm 'a' already"),
      (
        "arms:\n  - name: a b\n    labels: hard\n  - name: a-b\n    labels: soft",
        "The arms 'a b' and 'a-b' would have the same names of files"
      ),
      ("arms:\n  - name: a\n    labels: hard\n    seeds: 3", "Line 4: 'seeds' holds for all arms, or for none"),
      ("arms:\n  - name: a\n    labels: hard\n    smoothing: 0.2", "Line 4: 'smoothing' has no use in the arm 'a'"),
      ("arms:\n  - name: a\n    labels: smooth\n    rounds: 2", "Line 4: 'rounds' has no use in the arm 'a'"),
      ("arms:\n  - name: a\n    labels: hard\n    momentum: -1", "Line 4: Arm 'a': --momentum must be 0 or more"),
      (
        "confidence: 0.5\narms:\n  - name: a\n    labels: hard", "Line 1: Arm 'a': --confidence is for --labels soft"
      ),
    ].map { BadConfiguration(text: $0, says: $1) } + [
      BadConfiguration(
        text: "arms:\n  - name: a\n    labels: hard", says: "--labels does not go with c.yaml",
        flags: ["--labels", "soft"])
    ]
}

@Suite("Configuration files")
struct ConfigurationFileTests {
  @Test("with mistakes are refused with the line and the reason", arguments: BadConfiguration.all)
  func refused(bad: BadConfiguration) throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(bad.text.utf8), "c.yaml")
    let outcome = try Program.run(["compare", "--config", "c.yaml"] + bad.flags, in: folder)
    #expect(!outcome.wasKilled && outcome.status == (bad.flags.isEmpty ? 65 : 64), "\(outcome.errors)")
    #expect(outcome.errors.contains(bad.says) && outcome.errors.hasPrefix("Error: "), "\(outcome.errors)")
  }

  @Test("that are not there are missing")
  func missing() throws {
    let outcome = try Program.run(["compare", "--config", "none.yaml"], in: TemporaryFolder())
    #expect(outcome.status == 66 && outcome.errors.contains("none.yaml: There is no such file."))
  }

  @Test(
    "of the experiments are understood", arguments: ["tutorial-labels", "few-labels", "human-labels", "label-noise"])
  func experiments(name: String) throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples/experiments/\(name).yaml").path
    // The images are elsewhere, so reading them is the first thing that fails.
    let outcome = try Program.run(
      ["compare", "--config", path, "--labelled", "100", "--data", "nowhere"], in: TemporaryFolder())
    #expect(outcome.status == 66 && outcome.errors.contains("in nowhere"), "\(outcome.errors)")
  }
}
