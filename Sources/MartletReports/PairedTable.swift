public import MartletTraining

/// How each label mode differs from the first one, seed by seed.
public enum PairedTable {
  /// The table, with a line that says what is in it; nil where there is only one mode.
  public static func text(_ results: [Experiment.Result]) -> String? {
    let modes = ComparisonTable.modes(of: results)
    guard modes.count > 1 else { return nil }
    let reference = results.filter { $0.arm.labels == modes[0] }
    let name = modes[0].rawValue
    var table = Table(["", "test accuracy", "test NLL", "calibration error", "right alone", "McNemar's p"])
    for mode in modes.dropFirst() {
      let group = results.filter { $0.arm.labels == mode }
      func cell(_ decimals: Int, _ unit: String = "", _ value: (Experiment.Result) -> Double) -> String {
        Self.cell(PairedDifference(of: group.map(value), from: reference.map(value)), decimals, unit)
      }
      // Seeds share their test images, so their tests cannot be added up: one is shown.
      let test = McNemarTest(group[0].evaluation, reference[0].evaluation)
      table.add([
        "\(mode.rawValue) − \(name)", cell(2, " %") { $0.evaluation.accuracy * 100 }, cell(4) { $0.evaluation.loss },
        cell(4) { $0.evaluation.calibrationError }, "\(test.onlyFirst) : \(test.onlySecond)",
        Self.probability(test.probability),
      ])
    }
    let seeds = reference.count
    let intervals =
      seeds > 1
      ? "In brackets: 95 % intervals of Student's t over \(seeds) paired seeds.\n" : ""
    return """
      \(table.text)
      \(intervals)Right alone: test images that only one of the two has right, under seed \
      \(reference[0].arm.seed).
      McNemar's exact test asks whether they are as many on both sides.
      """
  }

  /// `+1.25 [−0.50, +3.00] %`.
  static func cell(_ difference: PairedDifference, _ decimals: Int, _ unit: String) -> String {
    let mean = signed(difference.mean, decimals)
    guard let interval = difference.interval else { return mean + unit }
    return "\(mean) [\(signed(interval.lowerBound, decimals)), \(signed(interval.upperBound, decimals))]\(unit)"
  }

  private static func signed(_ value: Double, _ decimals: Int) -> String {
    let digits = fixed(abs(value), decimals)
    // What rounds to nothing has no sign.
    return digits.allSatisfy { $0 == "0" || $0 == "." } ? digits : (value < 0 ? "−" : "+") + digits
  }

  private static func probability(_ value: Double) -> String { value < 0.0001 ? "< 0.0001" : fixed(value, 4) }
}
