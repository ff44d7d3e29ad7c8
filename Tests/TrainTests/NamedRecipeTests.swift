import ArgumentParser
import Foundation
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining
@testable import train

@Suite("Recipes by name")
struct NamedRecipeTests {
  private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  private func expanded(_ text: String) throws -> [String] { try RecipeExpansion.expanded(words(text)) }

  private func succeed(_ arguments: String, in folder: TemporaryFolder) throws -> Program.Outcome {
    let outcome = try Program.run(words(arguments), in: folder)
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  @Test("stand for their flags, in front of all others")
  func expansion() throws {
    let recipe = try RecipeCatalog.recipe("resnet20")
    #expect(
      try expanded("--seed 3 --recipe resnet20") == recipe.flags.map(\.argument) + words("--seed 3 --recipe resnet20"))
    #expect(try expanded("--recipe=resnet20").first == "--dataset=cifar10")
    // The last of several holds, and no flag of the others.
    let last = try expanded("--recipe speedrun --recipe resnet20")
    #expect(last == recipe.flags.map(\.argument) + words("--recipe speedrun --recipe resnet20"))
    #expect(try expanded("--epochs 3") == words("--epochs 3"))
    // Without a name, the parser says what is missing.
    #expect(try expanded("--recipe") == ["--recipe"])
  }

  @Test("leave out what goes with something that is overridden")
  func companions() throws {
    func flags(_ text: String) throws -> Set<String> {
      let count = words(text).count
      return Set(try expanded(text).dropLast(count).map { String($0.dropFirst(2).prefix { $0 != "=" }) })
    }
    let all = try flags("--recipe speedrun")
    #expect(all.count == 17)
    #expect(try all.subtracting(flags("--recipe speedrun --labels hard")) == ["smoothing"])
    #expect(try all.subtracting(flags("--recipe speedrun --labels hard,smooth")) == [])
    let own: Set = ["momentum", "nesterov", "learning-rate", "weight-decay", "groups"]
    #expect(try all.subtracting(flags("--recipe speedrun --optimizer=adamw:beta1=0.8")) == own)
    #expect(
      try flags("--recipe resnet20").subtracting(flags("--recipe resnet20 --optimizer adamw"))
        == own.subtracting(["nesterov", "groups"]))
    #expect(try all.subtracting(flags("--recipe speedrun --optimizer muon:steps=4,matrices=*conv*")) == [])
    #expect(try all.subtracting(flags("--recipe speedrun --model resnet20")) == ["groups", "whiten"])
    #expect(try all.subtracting(flags("--model speedrun:widths=8/8/8 --recipe speedrun")) == [])
  }

  @Test("lose a flag that is typed as 'none'")
  func none() throws {
    let recipe = try RecipeCatalog.recipe("speedrun")
    let rest = recipe.flags.filter { !["augment", "groups"].contains($0.name) }.map(\.argument)
    #expect(
      try expanded("--recipe speedrun --augment none --seed 3 --groups=none --tta none")
        == rest + words("--recipe speedrun --seed 3 --tta none"))
    // The last one holds, and the parser sees what no recipe has.
    #expect(
      try expanded("--recipe speedrun --augment none --augment flip").suffix(4)
        == words("--augment none --augment flip"))
    #expect(try expanded("--recipe speedrun --mixup none").suffix(2) == words("--mixup none"))
    // Without its optimizer, the rest is for SGD, and does not have Muon's learning rate.
    #expect(!(try expanded("--recipe speedrun --optimizer none").contains { $0.hasPrefix("--learning-rate") }))
  }

  @Test("are put in the place of their names for 'run' and 'compare' alone")
  func commands() throws {
    func expanded(_ text: String) throws -> [String] { try RecipeExpansion.expandedCommandLine(words(text)) }
    let flags = try RecipeCatalog.recipe("mnist").flags.map(\.argument)
    #expect(try expanded("--recipe mnist") == flags + ["--recipe", "mnist"])
    #expect(try expanded("run --recipe mnist") == ["run"] + flags + ["--recipe", "mnist"])
    #expect(try expanded("compare --recipe mnist") == ["compare"] + flags + ["--recipe", "mnist"])
    #expect(try expanded("evaluate --recipe mnist") == ["evaluate", "--recipe", "mnist"])
    #expect(try expanded("") == [])
  }

  @Test("make sense, and what they stand for is what is trained", arguments: RecipeCatalog.all.map(\.name))
  func recipes(name: String) throws {
    let entry = try RecipeCatalog.recipe(name)
    #expect(Set(entry.flags.map(\.name)).count == entry.flags.count)
    let command = try RunCommand.parse(RecipeExpansion.expanded(["--recipe", name]))
    try command.validate()
    // Every flag is a setting that is written down, but for the labels, which stand beside the settings.
    for flag in entry.flags where flag.name != "labels" {
      #expect(
        FlagEntry.named(flag.name)?.isSetting == true && FlagEntry.named(flag.name)?.value(command.options) != nil)
    }
    let isGrey = name.hasSuffix("mnist")
    let shape: Shape = isGrey ? [1, 28, 28] : [3, 32, 32]
    let images = Dataset(
      name: "grey", split: "train", imageShape: shape, classNames: (0..<10).map { "\($0)" },
      pixels: (0..<20 * shape.count).map { UInt8($0 * 7 % 256) }, labels: (0..<20).map { UInt8($0 % 10) })
    var maker = RecipeMaker(images: (training: images, test: images))
    let recipe = try maker.recipe(name, command.options, for: command.labels)
    #expect(recipe.configuration.epochs == (["resnet20": 30, "speedrun": 10, "speedrun-small": 10][name] ?? 15))
    guard name != "resnet20" else {
      #expect(recipe.whitening == nil && recipe.network.parameters.contains { $0.name == "fc.weight" })
      let trained = recipe.network.parameters.filter { $0.role != .statistic }
      #expect(trained.reduce(0) { $0 + $1.shape.count } == 269_722)
      return
    }
    #expect(recipe.whitening == Whitening("whiten.weight", imageCount: 5000))
    #expect(recipe.network.parameters[0].shape == (isGrey ? [8, 1, 2, 2] : [24, 3, 2, 2]))
    let settings = recipe.network.settings(recipe.configuration.groups)
    for (parameter, settings) in zip(recipe.network.parameters, settings) {
      #expect(settings.isFrozen == (parameter.name == "whiten.weight"), "\(parameter.name)")
      let isShift = parameter.name.contains("norm") && parameter.name.hasSuffix("bias")
      #expect(settings.learningRateFactor == (isShift || !isGrey && parameter.name == "whiten.bias" ? 64 : 1))
    }
    // The bias of the whitening follows the common schedule, and rests after three epochs.
    let bias = try #require(recipe.configuration.groups.first { $0.selection == .named("whiten.bias") }?.schedule)
    let common = try #require(recipe.configuration.schedule)
    for step in [0, 20, 29, 30, 90] {
      let position = TrainingPosition(step: step, stepsPerEpoch: 10, stepCount: 100)
      #expect(bias.factor(at: position) == (step < 30 ? common.factor(at: position) : 0))
    }
    // 64 times the rate at a 64th of the decay.
    let shifted = settings.compactMap(\.weightDecay)
    let muon = recipe.configuration.optimizer as? Muon
    let decay = try #require(muon?.others ?? recipe.configuration.optimizer as? SGD).weightDecay
    #expect(shifted.count == (isGrey ? 6 : 7) && shifted.allSatisfy { abs($0 * 64 - decay) < 0.01 * decay })
    // Muon has the six convolutions behind the whitening, and SGD the rest.
    let matrices = recipe.network.parameters.filter { muon?.updatesWhole($0) ?? false }.map(\.name)
    #expect(matrices == (isGrey ? [] : (1...3).flatMap { ["block\($0).conv1.weight", "block\($0).conv2.weight"] }))
  }

  @Test("train, and flags that are typed win over them")
  func run() throws {
    let folder = try TemporaryFolder()
    let flags =
      "--recipe speedrun --dataset shapes --limit 60 --epochs 2 --batch-size 20 --whiten 30 --model speedrun:widths=8/8/8"
    let first = try succeed("run \(flags) --save a.safetensors", in: folder)
    #expect(first.output.contains("Each image was shown in 6 views"))
    let again = try succeed("\(flags) --threads 2 --save b.safetensors", in: folder)
    #expect(first.output == again.output)
    #expect(try fileBytes("\(folder.path)/a.safetensors") == fileBytes("\(folder.path)/b.safetensors"))
    // What is trained stays whitened; with --init, the file's weights do.
    let normalization = "--normalization 0.4914,0.4822,0.4465:0.247,0.2435,0.2616"
    let model = "--model speedrun:widths=8/8/8 \(normalization)"
    let evaluated = try succeed("evaluate a.safetensors \(model) --tta flip-and-shift", in: folder)
    #expect(evaluated.output.split(separator: "\n").prefix(3) == first.output.split(separator: "\n").suffix(3))
    _ = try succeed("run \(flags) --seed 9 --epochs 0 --init a.safetensors --save c.safetensors", in: folder)
    #expect(try fileBytes("\(folder.path)/a.safetensors") == fileBytes("\(folder.path)/c.safetensors"))
    let plain = try succeed("evaluate a.safetensors \(model)", in: folder)
    #expect(plain.output != evaluated.output && !plain.output.contains("views"))
  }

  @Test("stand in files, above the arms and in them, and what follows from them is written down")
  func configuration() throws {
    let folder = try TemporaryFolder()
    let text = """
      recipe: speedrun-small
      dataset: shapes
      limit: 60
      epochs: 1
      batch-size: 20
      model: speedrun:widths=8/8/8
      arms:
        - name: recipe
        - name: hard
          labels: hard
        - name: other
          recipe: resnet20
          labels: hard
          model: tutorial
          learning-rate: 0.01
      """
    try folder.write(Array(text.utf8), "c.yaml")
    _ = try succeed("compare --config c.yaml --output out --momentum 0.7", in: folder)
    let written = String(decoding: try fileBytes("\(folder.path)/out/configuration.yaml"), as: UTF8.self)
    let lines = written.split(separator: "\n").map { $0.trimmingCharacters(in: [" ", "-"]) }
    #expect(!written.contains("recipe:"))
    for line in ["momentum: 0.7", "epochs: 1", "whiten: 5000", "learning-rate: 0.01", "tta: flip-and-shift"] {
      #expect(lines.contains(line) || lines.contains(line.replacing(": ", with: ": '") + "'"), "\(line) in \(written)")
    }
    #expect(lines.count { $0.hasPrefix("smoothing:") } == 1 && lines.count { $0.hasPrefix("optimizer:") } == 2)
    let again = try succeed("compare --config out/configuration.yaml --output out", in: folder)
    #expect(again.output.contains("3 of 3 trainings were done before."))
  }

  @Test("with mistakes in files are refused with the line")
  func mistakes() throws {
    let folder = try TemporaryFolder()
    for (text, says) in [
      ("limit: 5\nrecipe: sprint", "Line 2: --recipe: There is no recipe 'sprint'"),
      (
        "arms:\n  - name: a\n    recipe: sprint\n    labels: hard",
        "Line 3: Arm 'a': --recipe: There is no recipe 'sprint'"
      ),
      ("arms:\n  - name: a\n    recipe: resnet20", "Line 2: the arm 'a' should say which labels it has"),
      (
        "arms:\n  - name: a\n    recipe: mnist\n  - name: b\n    recipe: fashion-mnist",
        "Line 4: by their recipes, 'a' and 'b' differ in 'dataset', which holds for all arms."
      ),
    ] {
      try folder.write(Array(text.utf8), "c.yaml")
      let outcome = try Program.run(["compare", "--config", "c.yaml"], in: folder)
      #expect(outcome.status == 65 && outcome.errors.contains(says), "\(outcome.errors)")
    }
  }

  @Test("are listed, each with its command and all flags; what was measured only where it was")
  func list() throws {
    let folder = try TemporaryFolder()
    let output = try succeed("recipes", in: folder).output
    for recipe in RecipeCatalog.all {
      #expect(output.contains("\n\(recipe.name): \(recipe.summary)\n    \(recipe.command)\n"))
      for flag in recipe.flags { #expect(output.contains("\n    --\(flag.name)"), "\(flag.name)") }
    }
    #expect(output.contains("    --groups '*.norm1.bias:rate=64,decay=0.0000377;"))
    #expect(
      output.components(separatedBy: "    measured: ").count - 1 == RecipeCatalog.all.count { $0.measured != nil })
    let one = try succeed("recipes mnist", in: folder).output
    #expect(one.contains("\nmnist: ") && !one.contains("\nspeedrun: "))
  }
}
