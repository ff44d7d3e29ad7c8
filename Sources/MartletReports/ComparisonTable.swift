public import MartletTraining

/// The results of a comparison as one table: a row for each label mode.
public enum ComparisonTable {
  /// The table. With several seeds a mode, cells are mean ± standard deviation.
  public static func text(_ results: [Experiment.Result]) -> String {
    // The distance to the true distributions, where the test images have some.
    let hasTruth = results.allSatisfy { $0.evaluation.trueDivergence != nil }
    var table = Table(
      ["labels", "training loss", "test accuracy", "test NLL", "Brier score", "calibration error"]
        + (hasTruth ? ["KL to truth"] : []) + ["seconds"])
    for mode in modes(of: results) {
      let group = results.filter { $0.arm.labels == mode }
      func cell(_ decimals: Int, _ unit: String = "", _ value: (Experiment.Result) -> Double) -> String {
        Self.cell(group.map(value), decimals, unit)
      }
      table.add(
        [
          mode.rawValue, cell(4) { $0.trainingLoss }, cell(2, " %") { $0.evaluation.accuracy * 100 },
          cell(4) { $0.evaluation.loss }, cell(4) { $0.evaluation.brierScore },
          cell(4) { $0.evaluation.calibrationError },
        ] + (hasTruth ? [cell(4) { $0.evaluation.trueDivergence ?? .nan }] : []) + [cell(2) { $0.seconds }])
    }
    return table.text
  }

  /// The label modes, in the order in which they first appear.
  static func modes(of results: [Experiment.Result]) -> [LabelMode] {
    results.reduce(into: []) { modes, result in
      if !modes.contains(result.arm.labels) { modes.append(result.arm.labels) }
    }
  }

  /// One value as it is, several as mean ± sample standard deviation.
  static func cell(_ values: [Double], _ decimals: Int, _ unit: String) -> String {
    let mean = values.reduce(0, +) / Double(values.count)
    let text = fixed(mean, decimals)
    guard values.count > 1 else { return text + unit }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return "\(text) ± \(fixed(variance.squareRoot(), decimals))\(unit)"
  }
}
