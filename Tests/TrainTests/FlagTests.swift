import ArgumentParser
import Foundation
import MartletTestSupport
import Testing

@testable import train

@Suite("The table of flags")
struct FlagTests {
  /// A flag as ArgumentParser knows it.
  private struct Known: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let names: [Name]?

    /// The long names, without those that take a flag back.
    var flags: [String] { (names ?? []).filter { $0.kind == "long" && !$0.name.hasPrefix("no-") }.map(\.name) }
  }

  private struct Help: Decodable {
    struct Command: Decodable { let arguments: [Known] }
    let command: Command
  }

  private func known() throws -> [Known] {
    let dump = try Program.run(["compare", "--experimental-dump-help"], in: TemporaryFolder()).output
    return try JSONDecoder().decode(Help.self, from: Data(dump.utf8)).command.arguments
  }

  @Test("has every flag that 'compare' takes, and no other, and says which of them stand alone")
  func complete() throws {
    let known = try known()
    let names = known.flatMap(\.flags)
    #expect(names.count > 45 && Set(names).count == names.count)
    let listed = FlagEntry.all.map(\.name)
    #expect(Set(listed).count == listed.count)
    // These are in no help; they ask for something else than a comparison.
    let hidden: Set = ["help-hidden", "generate-completion-script", "experimental-dump-help"]
    #expect(Set(names).symmetricDifference(listed) == hidden)
    for argument in known {
      for name in argument.flags {
        guard let entry = FlagEntry.named(name), entry.scope != .typed else { continue }
        #expect(entry.standsAlone == (argument.kind == "flag"), "\(name)")
      }
    }
    #expect(FlagEntry.named("config")?.scope == .typed)
  }

  /// For each flag that results depend on, how it is typed, and what is written down.
  private static let samples: [String: (typed: [String], written: String)] = [
    "dataset": (["mnist"], "mnist"), "data": (["folder"], "folder"), "normalization": (["0.10:0.20"], "0.1:0.2"),
    "model": (["mlp"], "mlp"), "hidden": (["8,9", "--model", "mlp"], "8,9"), "loss": (["focal"], "focal"),
    "class-weights": (["balanced"], "balanced"), "label-noise": (["pairwise:0.1"], "pairwise:0.1"),
    "noise-seed": (["3", "--label-noise", "pairwise:0.1"], "3"), "ignore-index": (["3"], "3"),
    "smoothing": (["0.3"], "0.3"), "soft-labels": (["rows.npy"], "rows.npy"), "allow-unnormalized": ([], "true"),
    "teacher": (["weights"], "weights"), "train-teacher": ([], "true"), "teacher-folds": (["3"], "3"),
    "teacher-epochs": (["3"], "3"), "temperature": (["3"], "3.0"), "labelled": (["3"], "3"),
    "labelled-choice": (["first", "--labelled", "3"], "first"), "pseudo-labels": (["hard"], "hard"),
    "confidence": (["0.5"], "0.5"), "confidence-mean": (["confident", "--confidence", "0.5"], "confident"),
    "unlabelled-weight": (["3"], "3.0"), "ramp": (["1:2"], "1.0:2.0"), "unlabelled-batch-size": (["3"], "3"),
    "rounds": (["3"], "3"), "keep-weights": ([], "true"), "epochs": (["3"], "3"), "batch-size": (["3"], "3"),
    "learning-rate": (["0.5"], "0.5"), "momentum": (["0.5"], "0.5"), "weight-decay": (["0.5"], "0.5"),
    "optimizer": (["adamw"], "adamw"), "clip-norm": (["2"], "2.0"),
    "schedule": (["cosine"], "cosine"), "groups": (["biases:decay=0"], "biases:decay=0"),
    "lookahead": (["constant"], "constant"), "ema": (["0.9"], "0.9"), "swa": (["0.5"], "0.5"),
    "clip-value": (["2"], "2.0"), "max-norm": (["2"], "2.0"), "augment": (["flip,crop:2"], "flip,crop:2"),
    "cutmix": (["0.5"], "0.5"), "tta": (["flip-and-shift"], "flip-and-shift"), "validation": (["0.5"], "0.5"),
    "patience": (["3", "--validation", "0.5"], "3"), "whiten": (["50"], "50"),
    "mixup": (["0.5"], "0.5"), "nesterov": ([], "true"), "limit": (["3"], "3"), "init": (["weights"], "weights"),
  ]

  @Test("writes down what each flag is set to, and nothing else")
  func values() throws {
    let plain = try TrainingOptions.parse([])
    for entry in FlagEntry.all where entry.isSetting && entry.name != "shuffle" {
      let sample = try #require(Self.samples[entry.name], "\(entry.name)")
      let options = try TrainingOptions.parse(["--\(entry.name)"] + sample.typed)
      #expect(entry.value(options) == sample.written && entry.value(plain) != sample.written, "\(entry.name)")
      #expect(entry.only == nil || (entry.isSet(options) && !entry.isSet(plain)), "\(entry.name)")
      // It is among the settings of the arms that have use for it, and of no others.
      for mode in LabelMode.allCases {
        let isThere = options.settings(for: mode).contains { $0.name == entry.name && $0.value == sample.written }
        #expect(isThere == (entry.only == nil || entry.only == mode), "\(entry.name)")
      }
    }
    let stored = try TrainingOptions.parse(["--no-shuffle"])
    #expect(FlagEntry.named("shuffle")?.value(stored) == "false" && FlagEntry.named("shuffle")?.value(plain) == nil)
    for entry in FlagEntry.all where !entry.isSetting {
      #expect(!plain.settings(FlagEntry.all).contains { $0.name == entry.name }, "\(entry.name)")
    }
  }

  @Test("files that are read have checksums, and no two flags write to one")
  func files() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], "file")
    for entry in FlagEntry.all where entry.file == .read {
      let options = try TrainingOptions.parse(["--\(entry.name)", path])
      #expect(options.checksums(for: .soft) == [entry.name: 0x55BC_801D], "\(entry.name)")
    }
    let written = FlagEntry.all.filter { $0.file == .written }.map(\.name)
    #expect(written.sorted() == ["metrics", "save", "save-soft-labels"])
    for (index, first) in written.enumerated() {
      for second in written[(index + 1)...] {
        let options = try TrainingOptions.parse(["--\(first)", path, "--\(second)", path])
        #expect { try options.checkWrittenFiles() } throws: {
          "\($0)".contains("--\(first) and --\(second) name the same")
        }
      }
    }
  }

  @Test("flags that one kind of label alone has use for are refused with the others")
  func conflicts() throws {
    for entry in FlagEntry.all {
      guard let only = entry.only else { continue }
      let typed = Self.samples[entry.name]?.typed ?? ["file"]
      let options = try TrainingOptions.parse(["--\(entry.name)"] + typed)
      let others = LabelMode.allCases.filter { $0 != only }
      #expect(throws: (any Error).self, "\(entry.name)") { try options.checkUse(in: others) }
      try options.checkUse(in: [only])
    }
  }
}
