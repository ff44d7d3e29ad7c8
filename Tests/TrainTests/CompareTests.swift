import Foundation
import MartletTestSupport
import Testing

@Suite("train compare")
struct CompareTests {
  private func succeed(_ arguments: String, in folder: TemporaryFolder) throws -> Program.Outcome {
    let outcome = try Program.run(arguments.split(separator: " ").map(String.init), in: folder)
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    return outcome
  }

  /// The table's rows without their last column, seconds.
  private func rows(_ outcome: Program.Outcome) -> [String] {
    let lines = outcome.output.split(separator: "\n").map(String.init)
    guard let first = lines.firstIndex(where: { $0.hasPrefix("labels ") || $0.hasPrefix("arm ") }) else { return [] }
    return lines[(first + 2)...].prefix { !$0.hasPrefix(" ") && !$0.hasPrefix("cost") && !$0.isEmpty }.map { line in
      line.replacing(/\s+[0-9.]+( ± [0-9.]+)?$/, with: "")
    }
  }

  private static let file = """
    # A comparison.
    limit: 60
    epochs: 1
    labelled-choice: first
    arms:
      - name: all alike
        labels: hard
      - name: focal, "3"
        labels: hard
        loss: focal:gamma=3
        nesterov: true
      - name: sure
        labels: soft
        labelled: 20
        pseudo-labels: hard
        confidence: 0.2
        rounds: 2
    """

  /// The file, without the flag that only one of its arms has use for.
  private func folder(_ text: String = file.replacing("labelled-choice: first\n", with: "")) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Array(text.utf8), "c.yaml")
    return folder
  }

  @Test("reads arms from a file; each is what its flags say")
  func arms() throws {
    let folder = try folder()
    let outcome = try succeed("compare --config c.yaml", in: folder)
    let rows = rows(outcome)
    #expect(rows.count == 3 && rows[0].hasPrefix("all alike ") && rows[1].hasPrefix("focal, \"3\" "))
    #expect(
      outcome.output.contains(
        "\nsure: labels soft, loss cross-entropy, labelled 20, labelled-choice balanced, pseudo-labels hard"))
    // The same by flags, one at a time.
    func alone(_ flags: String) throws -> String {
      let row = try #require(self.rows(succeed("compare --limit 60 --epochs 1 \(flags)", in: folder)).first)
      return row.split(separator: " ").dropFirst().joined(separator: " ")
    }
    for (row, flags) in zip(
      rows,
      [
        "--labels hard", "--labels hard --loss focal:gamma=3 --nesterov",
        "--labels soft --labelled 20 --pseudo-labels hard --confidence 0.2 --rounds 2",
      ])
    {
      #expect(row.split(separator: " ").joined(separator: " ").hasSuffix(try alone(flags)), "\(flags)")
    }
  }

  @Test("takes flags over the file, and the file over defaults")
  func precedence() throws {
    let folder = try folder()
    let file = try rows(succeed("compare --config c.yaml", in: folder))
    let flags = try rows(succeed("compare --no-nesterov --epochs 2 --config c.yaml", in: folder))
    #expect(file.count == 3 && flags.count == 3 && Set(file).isDisjoint(with: flags))
    try folder.write(Array("limit: 60\nepochs: 2\nlabels: [hard, smooth]\n".utf8), "plain.yaml")
    let plain = try rows(succeed("compare --config=plain.yaml --epochs 1", in: folder))
    #expect(try plain == rows(succeed("compare --labels hard,smooth --limit 60 --epochs 1", in: folder)))
  }

  @Test("writes what was decided, which gives the same again as a file")
  func resolved() throws {
    let folder = try folder()
    let first = try succeed("compare --config c.yaml --seed 3 --seeds 2 --output a --temperature 2", in: folder)
    let again = try succeed("compare --config a/configuration.yaml --output b", in: folder)
    #expect(rows(first).count == 3 && rows(first) == rows(again))
    let (a, b) = (
      try fileBytes("\(folder.path)/a/configuration.yaml"), try fileBytes("\(folder.path)/b/configuration.yaml")
    )
    #expect(a == b)
    let text = String(decoding: a, as: UTF8.self)
    #expect(text.contains("\nseed: 3\n"))
    #expect(text.contains("learning-rate") && text.contains("temperature"))
  }

  /// Everything in the JSON file that does not depend on time.
  private func numbers(_ path: String) throws -> String {
    let text = String(decoding: try fileBytes(path), as: UTF8.self)
    let timed = /(seconds|images_per_second|imagesPerSecond|peak_bytes|plan_bytes)/
    // Objects of timed measures have several lines; the names of what is timed are in their first one.
    var kept: [Substring] = []
    var isSkipping = false
    for line in text.split(separator: "\n") {
      if line.contains(timed) { isSkipping = line.hasSuffix("{") } else if !isSkipping { kept.append(line) }
      if isSkipping && line.trimmingCharacters(in: .whitespaces).hasPrefix("}") { isSkipping = false }
    }
    return kept.joined(separator: "\n")
  }

  @Test("goes on where it was stopped, with the same numbers, also with more seeds")
  func goesOn() throws {
    let folder = try folder()
    let whole = try succeed("compare --config c.yaml --seeds 3 --output whole", in: folder)
    _ = try succeed("compare --config c.yaml --seeds 2 --output part", in: folder)
    try FileManager.default.removeItem(atPath: "\(folder.path)/part/trials/sure-1.json")
    let part = try succeed("compare --config c.yaml --seeds 3 --output part", in: folder)
    #expect(part.output.contains("5 of 9 trainings were done before."))
    #expect(part.errors.split(separator: "\n").count == 4)
    #expect(rows(part).count == 3 && rows(part) == rows(whole))
    let (expected, found) = (
      try numbers("\(folder.path)/whole/results.json"), try numbers("\(folder.path)/part/results.json")
    )
    #expect(expected.contains("\"brier_score\"") && expected.count > 10_000 && expected == found)
    // Nothing is left to do: the same table, and no training.
    let done = try succeed("compare --config c.yaml --seeds 3 --output part", in: folder)
    #expect(done.errors.isEmpty && rows(done) == rows(whole))
    let other = try Program.run(["compare", "--config", "c.yaml", "--epochs", "2", "--output", "part"], in: folder)
    #expect(other.status == 65 && other.errors.contains("epochs was 1, and is 2"))
  }

  @Test("ends after the step on Ctrl-C, keeps what is done, and says how to go on")
  func interrupted() throws {
    let folder = try TemporaryFolder()
    let flags = "compare --limit 400 --seeds 2 --labels hard,soft --output out --one-by-one".split(separator: " ").map(
      String.init)
    let stopped = try Program.interrupt(flags + ["--epochs", "40"], in: folder) { errors in
      errors.contains("soft, seed 0")
    }
    #expect(stopped.status == 130 && !stopped.wasKilled)
    #expect(stopped.errors.contains("Ending after this step; once more ends at once."))
    #expect(
      stopped.errors.contains("trainings are done. They are kept in out; the same command again goes on from there."))
    let again = try Program.run(flags + ["--epochs", "40"], in: folder)
    #expect(again.status == 0 && again.output.contains(" of 4 trainings were done before."))
    let whole = try Program.run(flags.dropLast(3) + ["--epochs", "40"], in: folder)
    #expect(rows(again).count == 2 && rows(again) == rows(whole))
  }

  @Test("run ends after the step on Ctrl-C, and keeps the weights so far")
  func interruptedRun() throws {
    let folder = try TemporaryFolder()
    let stopped = try Program.interrupt(
      ["--epochs", "100000", "--limit", "40", "--log-every", "5", "--save", "w.safetensors", "--metrics", "m.jsonl"],
      in: folder
    ) { _ in ((try? fileBytes("\(folder.path)/m.jsonl")) ?? []).count > 1000 }
    #expect(stopped.status == 130 && stopped.errors.contains("The weights so far are in w.safetensors; --init"))
    #expect(try Program.run(["evaluate", "w.safetensors", "--limit", "10"], in: folder).status == 0)
  }

  @Test("report builds the page again, and puts several comparisons together")
  func report() throws {
    let folder = try folder()
    _ = try succeed("compare --config c.yaml --output a", in: folder)
    _ = try succeed("compare --labels hard,smooth --limit 60 --epochs 2 --output b", in: folder)
    let page = try fileBytes("\(folder.path)/a/report.html")
    try FileManager.default.removeItem(atPath: "\(folder.path)/a/report.html")
    #expect(try succeed("report a", in: folder).output == "a/report.html\n")
    #expect(try fileBytes("\(folder.path)/a/report.html") == page)
    _ = try succeed("report a b --output both", in: folder)
    let both = String(decoding: try fileBytes("\(folder.path)/both/report.html"), as: UTF8.self)
    #expect(both.contains("<h1>5 arms on shapes</h1>") && both.contains("smooth − all alike"))
    for name in ["results.json", "results.csv"] { #expect(try !fileBytes("\(folder.path)/both/\(name)").isEmpty) }
    #expect(try Program.run(["report", "a", "b"], in: folder).status == 64)
    #expect(try Program.run(["report", "nowhere"], in: folder).status == 66)
  }

  @Test("saves soft labels that read back to the same student")
  func softLabels() throws {
    let folder = try TemporaryFolder()
    let flags = "compare --labels soft --limit 40 --epochs 1 --labelled 20 --labelled-choice first"
    let first = try succeed("\(flags) --teacher-folds 4 --save-soft-labels s.npy", in: folder)
    let again = try succeed("\(flags) --soft-labels s-soft-0.npy", in: folder)
    #expect(rows(first).count == 1 && rows(first) == rows(again))
  }

  @Test("draws a bar for each trial on a terminal, in colour unless NO_COLOR is set, and lines elsewhere")
  func bars() throws {
    // A terminal of one's own, from a package that every Debian has.
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/script") else {
      print("There is no 'script' here: bars were not drawn.")
      return
    }
    let folder = try TemporaryFolder()
    let command = "'\(Program.path)' compare --labels hard,soft --limit 800 --epochs 3"
    func screen(_ environment: [String: String]) throws -> String {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
      process.arguments = ["-qec", command, "/dev/null"]
      process.environment = ProcessInfo.processInfo.environment
        .merging(["TERM": "xterm", "NO_COLOR": ""]) { $1 }.merging(environment) { $1 }
      let path = try folder.write([], "screen.txt")
      process.standardOutput = FileHandle(forWritingAtPath: path)
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      return String(decoding: try fileBytes(path), as: UTF8.self)
    }
    let colored = try screen([:])
    #expect(colored.contains("\u{1B}[36m━") && colored.contains("hard, seed 0 epoch ") && colored.contains("images/s"))
    let plain = try screen(["NO_COLOR": "1"])
    #expect(!plain.contains("\u{1B}[36m") && plain.contains("soft, seed 0 epoch ") && plain.contains("━"))
    #expect(try !screen(["TERM": "dumb"]).contains("━"))
  }

  @Test("every flag of training is among the settings that are written")
  func settings() throws {
    let folder = try TemporaryFolder()
    let help = try succeed("compare --help", in: folder).output
    let flags = Set(help.matches(of: /--([a-z][a-z-]+)/).map { String($0.output.1) }.filter { !$0.hasPrefix("no-") })
    // What a comparison is called, where it writes, and how it runs; and what does not go with other flags of the file.
    let others: Set = [
      "labels", "config", "seeds", "output", "one-by-one", "save-soft-labels", "seed", "threads", "save", "metrics",
      "log-every", "quiet", "help", "version", "init", "data", "class-weights", "teacher", "soft-labels",
      "allow-unnormalized", "recipe",
    ]
    try folder.write(
      Array(
        """
        limit: 60
        epochs: 0
        label-noise: pairwise:0.1
        ignore-index: 2
        normalization: 0.1:0.2
        clip-norm: 2
        clip-value: 1
        max-norm: 4
        schedule: cosine:end=0.1
        groups: "biases:decay=0"
        lookahead: constant
        augment: [flip, "crop:1"]
        mixup: 0.5
        cutmix: 1
        tta: flip
        validation: 0.2
        patience: 2
        arms:
          - name: a
            labels: soft
            model: mlp
            hidden: [8]
            ema: 0.9
            nesterov: true
            shuffle: false
            train-teacher: true
            teacher-folds: 2
            teacher-epochs: 1
            temperature: 2
            labelled: 20
            pseudo-labels: hard
            confidence: 0.1
            unlabelled-weight: 2
            ramp: 1:2
            unlabelled-batch-size: 3
            rounds: 2
            keep-weights: true
          - name: b
            labels: smooth
            model: speedrun:widths=8
            whiten: 20
            swa: 0.5
            optimizer: adamw
        """.utf8), "all.yaml")
    _ = try succeed("compare --config all.yaml --output out", in: folder)
    let text = String(decoding: try fileBytes("\(folder.path)/out/configuration.yaml"), as: UTF8.self)
    let lines = text.split(separator: "\n").map { $0.drop { " -".contains($0) } }
    for flag in flags.subtracting(others) { #expect(lines.contains { $0.hasPrefix("\(flag):") }, "\(flag)") }
    #expect(flags.count > 40)
  }

  @Test("takes names and values that look like yes, no and nothing, and reads them back")
  func lookalikes() throws {
    let folder = try TemporaryFolder()
    let text = """
      limit: 60
      epochs: 1
      quiet: false
      nesterov: false
      arms:
        - name: yes
          labels: hard
        - name: "1.0"
          labels: soft
          soft-labels: "null"
      """
    try folder.write(Array(text.utf8), "c.yaml")
    let rows = Array(repeating: Float(0.1), count: 600)
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (60, 10), }"
    let padded = header + String(repeating: " ", count: 117 - header.count) + "\n"
    try folder.write(
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0] + Array(padded.utf8)
        + rows.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }, "null")
    let first = try succeed("compare --config c.yaml --output a", in: folder)
    let again = try succeed("compare --config a/configuration.yaml --output b", in: folder)
    #expect(rows.count == 600 && self.rows(first).count == 2 && self.rows(first) == self.rows(again))
    // Other rows under the same name are another comparison.
    try folder.write([], "null")
    let other = try Program.run(["compare", "--config", "c.yaml", "--output", "a"], in: folder)
    #expect(other.status != 0)
  }

  @Test("makes again what a finished training should have written, and adds to its metrics")
  func missingFiles() throws {
    let folder = try TemporaryFolder()
    let flags = "compare --limit 60 --epochs 1 --labels hard,smooth --output out"
    _ = try succeed("\(flags) --metrics m.jsonl --log-every 5", in: folder)
    let before = try fileBytes("\(folder.path)/m.jsonl")
    let again = try succeed("\(flags) --save w.safetensors --metrics m.jsonl --log-every 5", in: folder)
    #expect(again.errors.split(separator: "\n").count == 2)
    for labels in ["hard", "smooth"] { #expect(try !fileBytes("\(folder.path)/w-\(labels)-0.safetensors").isEmpty) }
    // What is there and is not what the trial wrote does not count.
    try folder.write([1], "w-hard-0.safetensors")
    let stale = try succeed("\(flags) --save w.safetensors", in: folder)
    #expect(stale.errors.split(separator: "\n").count == 1)
    #expect(try fileBytes("\(folder.path)/w-hard-0.safetensors").count > 1000)
    #expect(try succeed("\(flags) --save w.safetensors", in: folder).errors.isEmpty)
    // Lines of finished trainings stay, and others are written again: nothing is there twice.
    try folder.write(try fileBytes("\(folder.path)/m.jsonl") + Array("nobody's line\n".utf8), "m.jsonl")
    _ = try succeed("\(flags) --seeds 2 --metrics m.jsonl --log-every 5", in: folder)
    let lines = String(decoding: try fileBytes("\(folder.path)/m.jsonl"), as: UTF8.self).split(separator: "\n")
    let others = String(decoding: before, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 2 * others.count && Set(lines).isSuperset(of: others) && Set(lines).count == lines.count)
  }

  @Test("says which arm a mistake belongs to that shows late, and blames flags for their own mistakes")
  func blame() throws {
    let folder = try TemporaryFolder()
    let text =
      "limit: 60\narms:\n  - name: fine\n    labels: hard\n  - name: wrong\n    labels: soft\n    temperature: 2\n"
    try folder.write(Array(text.utf8), "c.yaml")
    let late = try Program.run(["compare", "--config", "c.yaml"], in: folder)
    #expect(late.status == 64 && late.errors.contains("Error: Arm 'wrong': --temperature is for a teacher"))
    let typed = try Program.run(["compare", "--config", "c.yaml", "--train-teacher", "--epochs", "-1"], in: folder)
    #expect(typed.status == 64 && typed.errors.contains("--epochs must be") && !typed.errors.contains("c.yaml"))
  }
}
