public import MartletTraining

/// The results of a comparison as one table: a row for each arm.
public enum ComparisonTable {
  /// The table. With several seeds an arm, cells are mean ± standard deviation.
  ///
  /// - Parameters:
  ///   - results: what came out, arm by arm.
  ///   - head: what arms are.
  public static func text(_ results: [TrialResult], head: String = "arm") -> String {
    let arms = ArmResults.group(results)
    let keys = [
      "training_loss", "validation_accuracy", "accuracy", "plain_accuracy", "loss", "brier_score", "calibration_error",
      "true_kl_divergence", "seconds",
    ]
    return table(head: head, arms, keys.map(Measure.named))
  }

  /// What training cost, arm by arm.
  public static func costs(_ results: [TrialResult]) -> String {
    table(head: "cost", ArmResults.group(results), Measure.cost)
  }

  /// A table of the measures that all arms have.
  private static func table(head: String, _ arms: [ArmResults], _ measures: [Measure]) -> String {
    let known = measures.filter { measure in arms.allSatisfy { $0.summary(of: measure) != nil } }
    var table = Table([head] + known.map(\.title))
    for arm in arms {
      table.add([arm.name] + known.map { measure in arm.summary(of: measure).map(measure.text) ?? "" })
    }
    return table.text
  }
}
