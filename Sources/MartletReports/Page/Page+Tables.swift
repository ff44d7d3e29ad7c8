import MartletTraining

/// The page's tables.
extension Page {
  /// A cell with a number, and what it is for programs that read the page.
  private func cell(_ text: String, _ value: Double?, arm: String, _ key: String, _ statistic: String) -> String {
    "<td data-arm=\"\(escaped(arm))\" data-measure=\"\(escaped(key))\" data-statistic=\"\(statistic)\" "
      + "data-value=\"\(value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "")\">\(escaped(text))</td>"
  }

  /// A table whose first column are row heads; cells are markup.
  private func table(_ head: [String], _ rows: [[String]]) -> String {
    let heads = head.map { "<th scope=\"col\"\($0 == meaningHead ? " class=\"meaning\"" : "")>\(escaped($0))</th>" }
      .joined()
    let lines = rows.map { row in
      "<tr><th scope=\"row\">\(row[0])</th>\(row.dropFirst().joined())</tr>"
    }
    return
      "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>\(heads)</tr></thead>\n<tbody>\n"
      + "\(lines.joined(separator: "\n"))\n</tbody>\n</table></div>"
  }

  /// A row for each measure that at least one arm has, and a column for each arm; nil if there is none.
  private func summaries(_ measures: [Measure]) -> String? {
    let known = measures.filter { measure in record.arms.contains { $0.summary(of: measure) != nil } }
    guard !known.isEmpty else { return nil }
    let rows = known.map { measure in
      [escaped(measure.title)]
        + record.arms.map { arm in
          guard let summary = arm.summary(of: measure) else { return "<td></td>" }
          return cell(measure.text(summary), summary.mean, arm: arm.name, measure.key, "mean")
        } + [meaning(measure)]
    }
    return table([""] + record.arms.map(\.name) + [meaningHead], rows)
  }

  private var meaningHead: String { "meaning" }

  private func meaning(_ measure: Measure) -> String {
    let better = measure.isMoreBetter.map { $0 ? " More is better." : " Less is better." } ?? ""
    return "<td class=\"meaning\">\(escaped(measure.meaning + better))</td>"
  }

  var results: String? {
    summaries(Measure.quality + Measure.validation + Measure.training.prefix(1)).map {
      section("Results", $0, note: "Means ± standard deviations over seeds.")
    }
  }

  var differences: String? {
    guard let reference = record.arms.first, record.arms.count > 1 else { return nil }
    let others = record.arms.dropFirst()
    let measures = Measure.quality.filter { measure in
      record.arms.allSatisfy { $0.summary(of: measure) != nil }
    }
    var rows = measures.map { measure in
      [escaped(measure.title)]
        + others.map { arm in
          let difference = arm.difference(from: reference, in: measure)
          return cell(difference.map(measure.text) ?? "", difference?.mean, arm: arm.name, measure.key, "difference")
        }
    }
    let tests = others.map { ($0, $0.mcNemarTest(against: reference)?.test) }
    rows.append(
      ["right alone"] + tests.map { "<td>\($1.map { "\($0.onlyFirst) : \($0.onlySecond)" } ?? "")</td>" })
    rows.append(
      ["McNemar’s p"]
        + tests.map { arm, test in
          cell(
            test.map { PairedTable.probability($0.probability) } ?? "", test?.probability, arm: arm.name, "mcnemar",
            "probability")
        })
    return section(
      "Differences from \(reference.name)",
      table([""] + others.map { "\($0.name) − \(reference.name)" }, rows),
      note: PairedTable.explanation(record.arms)
        + " It compares two trained networks; the intervals compare two ways of training.")
  }

  var temperatures: String? {
    summaries(Measure.temperature).map {
      section("Temperature", $0, note: "One number that the logits are divided by. Accuracy does not change.")
    }
  }

  var pseudoLabels: String? { summaries(Array(Measure.training.dropFirst())).map { section("Soft labels", $0) } }

  var costs: String? {
    summaries(Measure.cost).map {
      section(
        "Cost", $0,
        note:
          "Trials that ran side by side slow each other down a little; train compare --one-by-one runs them one after the "
          + "other.")
    }
  }

  var classes: String? {
    let names = record.description.images.classNames
    // A table of a hundred rows helps nobody.
    guard names.count <= 20 else { return nil }
    let rows = names.enumerated().map { index, name in
      [escaped(name)]
        + record.arms.map { arm in
          let summary = Summary(arm.trials.map { $0.evaluation.classAccuracies[index] })
          return cell(
            Measure.named("accuracy").text(summary), summary.mean, arm: arm.name, "class_accuracy_\(index)", "mean")
        }
    }
    return section("Accuracy of each class", table([""] + record.arms.map(\.name), rows))
  }

  /// What was decided: settings that all arms share, and those in which they differ.
  var settings: String? {
    let arms = record.description.arms.filter { arm in record.arms.contains { $0.name == arm.name } }
    var names: [String] = []
    for setting in arms.flatMap(\.settings) where !names.contains(setting.name) { names.append(setting.name) }
    func value(_ name: String, _ arm: ComparisonDescription.Arm) -> String {
      arm.settings.first { $0.name == name }?.value ?? ""
    }
    func text(_ value: String) -> String { "<td class=\"text\">\(escaped(value))</td>" }
    let isShared = { (name: String) in Set(arms.map { value(name, $0) }).count == 1 }
    var rows = names.filter(isShared).map { [escaped($0), text(value($0, arms[0]))] }
    let seeds = Set(record.arms.flatMap(\.seeds)).sorted()
    rows.append(["seeds", text(seeds.map(String.init).joined(separator: ", "))])
    let shared = table(["setting", "all arms"], rows)
    let ownNames = names.filter { !isShared($0) }
    let own = table(
      [""] + arms.map(\.name),
      [["labels"] + arms.map { text($0.labels) }]
        + ownNames.map { name in [escaped(name)] + arms.map { text(value(name, $0)) } })
    return section(
      "Settings", own + "\n<p></p>\n" + shared,
      note: record.parts.count > 1
        ? "Of several comparisons." : "As configuration.yaml has them, which train compare --config takes.")
  }

  var versions: String? {
    // Comparisons that were put together may come from several programs and machines.
    let parts = record.parts.reduce(into: [ComparisonDescription]()) { parts, part in
      if !parts.contains(where: { $0.platform == part.platform && $0.images == part.images }) { parts.append(part) }
    }
    let names: [(String, (ComparisonDescription) -> String)] = [
      ("Martlet", \.platform.martlet), ("kernels", \.platform.instructionSet), ("system", \.platform.system),
      ("processor", { "\($0.platform.processor), \($0.platform.processorCount) of them" }),
      ("images", { "CRC-32 " + $0.images.checksums.map { String($0, radix: 16) }.joined(separator: " and ") }),
    ]
    let rows = names.map { name, value in
      [escaped(name)] + parts.map { "<td class=\"text\">\(escaped(value($0)))</td>" }
    }
    return section("Versions", table(["what"] + parts.map { _ in "which" }, rows))
  }
}
