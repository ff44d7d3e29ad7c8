import Foundation
import MartletTestSupport
import Testing

@Suite("train")
struct CommandTests {
  private func succeed(_ arguments: String, in folder: TemporaryFolder) throws -> Program.Outcome {
    let outcome = try Program.run(arguments.split(separator: " ").map(String.init), in: folder)
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  @Test("alone is train run, and prints the tutorial's lines")
  func run() throws {
    let folder = try TemporaryFolder()
    let flags = "--limit 40 --epochs 1 --log-every 5 --threads 2"
    let alone = try succeed(flags, in: folder)
    let named = try succeed("run \(flags)", in: folder)
    #expect(alone.output == named.output)
    let lines = alone.output.split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("[1,     5] loss: 2.") && lines[1].hasPrefix("[1,    10] loss: 2."))
    #expect(lines[2] == "Finished Training")
    #expect(lines[3].hasPrefix("Accuracy of the network on the 2000 test images: "))
    // No terminal, no progress bar.
    #expect(alone.errors.isEmpty)
  }

  @Test("compare prints a table with a row for each mode, the same for any number of threads")
  func compare() throws {
    let folder = try TemporaryFolder()
    func table(_ threads: Int) throws -> [[Substring]] {
      let outcome = try succeed("compare --limit 60 --epochs 1 --threads \(threads)", in: folder)
      let lines = outcome.output.split(separator: "\n")
      let first = try #require(lines.firstIndex { $0.hasPrefix("labels ") })
      // Seconds differ from run to run.
      return lines[first..<first + 5].filter { !$0.hasPrefix("─") }.map { $0.split(separator: " ").dropLast() }
    }
    let one = try table(1)
    #expect(one.count == 4)
    #expect(one[0].first == "labels" && one.dropFirst().map(\.first) == ["hard", "smooth", "soft"])
    #expect(try table(3) == one)
  }

  @Test("compare says which loss, which weights and which denominator it used")
  func compareLoss() throws {
    let folder = try TemporaryFolder()
    let flags = "compare --limit 60 --epochs 1"
    let plain = try succeed(flags, in: folder).output
    #expect(
      plain.contains("\nloss: cross-entropy (denominator=matching-pytorch)\n") && !plain.contains("class weights"))
    try folder.write(Array("1 2 3 4 5 6 7 8 9 10".utf8), "weights.txt")
    let weighted = try succeed("\(flags) --class-weights weights.txt --ignore-index 1", in: folder).output
    #expect(weighted.contains("\nclass weights: 1 2 3 4 5 6 7 8 9 10\n") && weighted.contains("class 1 is ignored: "))
    #expect(
      weighted.contains("for soft labels by their number (matching-pytorch): hard\nand soft labels train at different"))
    let fair = try succeed("\(flags) --class-weights weights.txt --loss focal:effective-weight", in: folder).output
    #expect(fair.contains("\nloss: focal (gamma=2, denominator=effective-weight)\n"))
    #expect(fair.contains("for soft and smoothed labels by the weights of their classes (effective-weight)"))
  }

  @Test("losses lists every loss with its formula and its source")
  func losses() throws {
    let output = try succeed("losses", in: try TemporaryFolder()).output
    for words in [
      "\ncross-entropy: ", "\nkl: ", "    Σ t·(log t − log p)\n", "\nbootstrap: ", "    beta=0.95: β, the share",
      "Lin et al. 2017", "    takes --class-weights, w\n", "try --learning-rate 0.03",
    ] {
      #expect(output.contains(words), "\(words)")
    }
    #expect(output.split(separator: "\n").filter { $0.count > 110 } == [])
    let one = try succeed("losses gce", in: try TemporaryFolder()).output
    #expect(one.contains("\ngce: ") && !one.contains("\nsce: "))
  }

  @Test("compare trains the labels that a loss does not take with cross-entropy, and says so")
  func compareFallback() throws {
    let folder = try TemporaryFolder()
    let output = try succeed("compare --limit 60 --epochs 1 --loss distillation", in: folder).output
    #expect(output.contains("\nhard and smooth: cross-entropy, since distillation takes soft labels alone\n"))
    let lines = output.split(separator: "\n")
    let first = try #require(lines.firstIndex { $0.hasPrefix("labels ") })
    #expect(lines[first + 2..<first + 5].map { $0.split(separator: " ")[0] } == ["hard", "smooth", "soft"])
  }

  @Test("a training loss that is NaN is told on standard error")
  func notANumber() throws {
    let outcome = try succeed("--limit 200 --epochs 1 --learning-rate 1e6", in: try TemporaryFolder())
    #expect(outcome.errors.contains("Warning: the training loss of hard labels, seed 0, is NaN."))
  }

  @Test("compare over seeds prints means and deviations")
  func compareSeeds() throws {
    let folder = try TemporaryFolder()
    let outcome = try succeed("compare --labels hard,smooth --seeds 2 --limit 20 --epochs 1 --quiet", in: folder)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.components(separatedBy: " ± ").count == 2 * (7 + 5) + 1)
    #expect(outcome.output.contains("\nsmooth − hard ") && outcome.output.contains("Student's t over 2 paired seeds."))
    let alone = try succeed("compare --labels hard --limit 20 --epochs 1 --quiet", in: folder)
    // A table of one row, and another with its cost.
    #expect(alone.output.split(separator: "\n").count == 6)
  }

  @Test("metrics are JSON lines with the promised events")
  func metrics() throws {
    let folder = try TemporaryFolder()
    _ = try succeed("--limit 40 --epochs 2 --log-every 5 --quiet --metrics m.jsonl", in: folder)
    let lines = String(decoding: try fileBytes("\(folder.path)/m.jsonl"), as: UTF8.self).split(separator: "\n")
    let objects = try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    #expect(objects.map { $0["event"] as? String } == ["train", "train", "train", "train", "evaluate"])
    #expect(objects.prefix(4).map { $0["epoch"] as? Int } == [1, 1, 2, 2])
    #expect(objects.prefix(4).map { $0["step"] as? Int } == [5, 10, 5, 10])
    #expect(
      objects[4]["split"] as? String == "test" && objects[4]["accuracy"] is Double && objects[4]["loss"] is Double)
  }

  @Test("saved weights are what evaluate tests and --init goes on from")
  func weights() throws {
    let folder = try TemporaryFolder()
    let trained = try succeed("--limit 40 --epochs 1 --save w.safetensors", in: folder)
    let evaluated = try succeed("evaluate w.safetensors", in: folder)
    let accuracy = trained.output.split(separator: "\n").suffix(2)
    #expect(evaluated.output.split(separator: "\n").prefix(2) == accuracy)
    #expect(evaluated.output.contains("Accuracy for class: circle is "))
    // No epochs: the weights stay as they are.
    _ = try succeed("--limit 40 --epochs 0 --init w.safetensors --save again.safetensors", in: folder)
    #expect(try fileBytes("\(folder.path)/again.safetensors") == fileBytes("\(folder.path)/w.safetensors"))
  }

  @Test("pixels are normalised in tests as in training, and going on with others is refused")
  func normalization() throws {
    let folder = try TemporaryFolder()
    let flags = "--limit 40 --epochs 1 --learning-rate 0.01 --normalization 0:1"
    let trained = try succeed("\(flags) --save w.safetensors", in: folder).output.split(separator: "\n").suffix(2)
    let evaluated = try succeed("evaluate w.safetensors --normalization 0:1", in: folder)
    #expect(evaluated.output.split(separator: "\n").prefix(2) == trained)
    let three = try succeed("evaluate w.safetensors --normalization 0,0,0:1,1,1", in: folder)
    #expect(three.output == evaluated.output)
    #expect(try succeed("evaluate w.safetensors", in: folder).output != evaluated.output)
    // A setting like any other.
    let compared = try succeed("compare \(flags) --labels hard --output out", in: folder)
    #expect(compared.output.contains("\npixels normalised by mean and deviation 0.0:1.0\n"))
    let file = String(decoding: try fileBytes("\(folder.path)/out/configuration.yaml"), as: UTF8.self)
    #expect(file.contains("\nnormalization: 0.0:1.0\n") || file.contains("\nnormalization: '0.0:1.0'\n"), "\(file)")
    let again = try succeed("compare --config out/configuration.yaml --output out", in: folder)
    #expect(again.output.contains("1 of 1 trainings were done before."))
    let other = try Program.run(
      "compare --limit 40 --epochs 1 --learning-rate 0.01 --labels hard --output out".split(separator: " ").map(
        String.init), in: folder)
    #expect(other.status == 65 && other.errors.contains("normalization was 0.0:1.0, and is not set"))
  }

  @Test("weights of another model are refused, with the tensor that does not fit")
  func otherModel() throws {
    let folder = try TemporaryFolder()
    _ = try succeed("--epochs 0 --limit 1 --model mlp --hidden 4 --save w.safetensors", in: folder)
    let other = try Program.run(["evaluate", "w.safetensors"], in: folder)
    #expect(other.status == 65 && other.errors.contains("The tensor 'conv1.weight' is missing"))
    let wider = try Program.run(["evaluate", "w.safetensors", "--model", "mlp", "--hidden", "8"], in: folder)
    #expect(wider.status == 65 && wider.errors.contains("has the sizes [4, 3072], but the model's have (8, 3072)"))
    let deeper = try Program.run(["evaluate", "w.safetensors", "--model", "mlp", "--hidden", "4,4"], in: folder)
    #expect(deeper.status == 65 && deeper.errors.contains("has the sizes [10, 4], but the model's have (4, 4)"))
  }

  @Test("compare saves each arm's weights")
  func compareSaves() throws {
    let folder = try TemporaryFolder()
    _ = try succeed("compare --limit 12 --epochs 1 --save w.safetensors --seed 7", in: folder)
    for labels in ["hard", "smooth", "soft"] {
      _ = try succeed("evaluate w-\(labels)-7.safetensors --limit 10", in: folder)
    }
  }

  @Test("datasets writes shapes that train reads back as CIFAR-10, with the same result")
  func writtenShapes() throws {
    let folder = try TemporaryFolder()
    let written = try succeed("datasets write shapes Datasets --limit 50", in: folder)
    #expect(written.output.split(separator: "\n").count == 9)
    // The two test sets differ in size; what training made is the same.
    _ = try succeed("--limit 50 --labels soft --epochs 1 --save a.safetensors", in: folder)
    _ = try succeed(
      "--dataset cifar10 --soft-labels Datasets/train-distributions.npy --labels soft --epochs 1 --save b.safetensors",
      in: folder)
    #expect(try fileBytes("\(folder.path)/a.safetensors") == fileBytes("\(folder.path)/b.safetensors"))
  }

  @Test("datasets lists all of them")
  func list() throws {
    let folder = try TemporaryFolder()
    let outcome = try succeed("datasets", in: folder)
    for name in ["shapes", "cifar10", "cifar100", "mnist", "fashion-mnist"] {
      #expect(outcome.output.contains("\(name): "))
    }
  }

  @Test("soft labels from a file, from a teacher, and with few labels")
  func softLabels() throws {
    let folder = try TemporaryFolder()
    _ = try succeed("--epochs 1 --limit 30 --save t.safetensors", in: folder)
    let given = try succeed("--labels soft --epochs 1 --limit 30 --teacher t.safetensors --temperature 2", in: folder)
    let trained = try succeed("--labels soft --epochs 1 --limit 30 --train-teacher --temperature 2", in: folder)
    #expect(given.output.split(separator: "\n").suffix(2) == trained.output.split(separator: "\n").suffix(2))
    #expect(trained.output.contains("Training a teacher on 30 hard labels"))
    let few = try succeed("--labels soft --epochs 1 --limit 30 --labelled 10", in: folder)
    #expect(few.output.contains("Training a teacher on 10 hard labels"))
    #expect(few.output.contains("Training on 30 soft labels"))
  }

  @Test("soft labels with too few rows are refused")
  func tooFewRows() throws {
    let folder = try TemporaryFolder()
    _ = try succeed("datasets write shapes Datasets --limit 50", in: folder)
    let outcome = try Program.run(
      ["--labels", "soft", "--limit", "60", "--soft-labels", "Datasets/train-distributions.npy"], in: folder)
    #expect(outcome.status == 65 && outcome.errors.contains("There are 50 rows of soft labels, but 60 training images"))
  }

  @Test("both instruction sets train, and agree to three digits")
  func instructionSets() throws {
    let folder = try TemporaryFolder()
    let arguments = ["--limit", "40", "--epochs", "1", "--log-every", "10"]
    let baseline = try Program.run(arguments, in: folder, environment: ["MARTLET_ISA": "baseline"])
    let best = try Program.run(arguments, in: folder)
    #expect(baseline.status == 0 && best.status == 0)
    #expect(baseline.output.split(separator: "\n").first == best.output.split(separator: "\n").first)
  }

  @Test("diverged training ends with a result and saved weights, which are then refused")
  func divergence() throws {
    let folder = try TemporaryFolder()
    let outcome = try succeed("--limit 40 --epochs 1 --learning-rate 1e30 --save w.safetensors", in: folder)
    #expect(outcome.output.contains("loss nan"))
    let evaluated = try Program.run(["evaluate", "w.safetensors"], in: folder)
    #expect(evaluated.status == 65 && evaluated.errors.contains("not finite"))
  }

  @Test("files that exist are left alone when the inputs are bad")
  func nothingIsLost() throws {
    let folder = try TemporaryFolder()
    for name in ["m.jsonl", "w.safetensors"] { try folder.write([1, 2, 3], name) }
    let outcome = try Program.run(
      ["--init", "none", "--metrics", "m.jsonl", "--save", "w.safetensors"], in: folder)
    #expect(outcome.status == 66)
    for name in ["m.jsonl", "w.safetensors"] { #expect(try fileBytes("\(folder.path)/\(name)") == [1, 2, 3]) }
  }

  @Test("help and version are there")
  func help() throws {
    let folder = try TemporaryFolder()
    #expect(try succeed("--help", in: folder).output.contains("compare"))
    #expect(try succeed("--version", in: folder).output == "0.1.0\n")
    for command in ["run", "compare", "evaluate", "datasets"] {
      #expect(try succeed("\(command) --help", in: folder).output.contains("USAGE: train \(command)"))
    }
  }
}
