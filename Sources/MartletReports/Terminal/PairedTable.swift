public import MartletTraining

/// How each arm differs from the first one, seed by seed.
public enum PairedTable {
  /// The table, with a line that says what is in it; nil where there is only one arm.
  public static func text(_ results: [TrialResult]) -> String? {
    let arms = ArmResults.group(results)
    guard let reference = arms.first, arms.count > 1 else { return nil }
    let measures = ["accuracy", "loss", "calibration_error"].map(Measure.named)
    var table = Table([""] + measures.map(\.title) + ["right alone", "McNemar's p"])
    for arm in arms.dropFirst() {
      let cells = measures.map { measure in arm.difference(from: reference, in: measure).map(measure.text) ?? "" }
      // Seeds share their test images, so their tests cannot be added up: one is shown.
      let test = arm.mcNemarTest(against: reference)?.test
      table.add(
        ["\(arm.name) − \(reference.name)"] + cells + [
          test.map { "\($0.onlyFirst) : \($0.onlySecond)" } ?? "", test.map { probability($0.probability) } ?? "",
        ])
    }
    return "\(table.text)\n\(explanation(arms))"
  }

  /// What the numbers are, in sentences.
  static func explanation(_ arms: [ArmResults]) -> String {
    var lines: [String] = []
    let pairs = arms.dropFirst().map { Set($0.seeds).intersection(arms[0].seeds).count }
    if let least = pairs.min(), let most = pairs.max(), most > 1 {
      let count = least == most ? "\(most)" : "\(least) to \(most)"
      lines.append("In brackets: 95 % intervals of Student's t over \(count) paired seeds.")
    }
    let seeds = Set(arms.dropFirst().compactMap { $0.mcNemarTest(against: arms[0])?.seed }).sorted()
    if !seeds.isEmpty {
      let under = seeds.map(String.init).joined(separator: " and ")
      lines.append("Right alone: test images that only one of the two has right, under seed \(under).")
      lines.append("McNemar's exact test asks whether they are as many on both sides.")
    }
    return lines.joined(separator: "\n")
  }

  /// A p-value as people read it.
  static func probability(_ value: Double) -> String { value < 0.0001 ? "< 0.0001" : fixed(value, 4) }
}
