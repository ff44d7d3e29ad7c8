import Foundation
public import Martlet

/// A network as tables: its operations with their shapes, parameters and cost, and what threads do in a step.
public enum NetworkTable {
  /// Everything that is known of a network before it is trained.
  ///
  /// - Parameter batchSize: the images of a step, which memory and phases depend on.
  public static func text(_ summary: NetworkSummary, inputShape: Shape, batchSize: Int) -> String {
    var lines = [operations(summary, inputShape: inputShape)]
    if summary.operations.contains(where: \.isChannelsLast) { lines.append("* Channels are last in memory.") }
    lines.append("")
    lines.append(
      "\(grouped(summary.parameterCount)) parameters"
        + (summary.statisticCount > 0 ? " and \(grouped(summary.statisticCount)) statistics" : "")
        + ", \(grouped(2 * summary.forwardCost)) floating-point operations forward for one image.")
    lines.append(
      "Memory for batches of \(batchSize): \(megabytes(summary.trainingMemory)) to train, \(megabytes(summary.inferenceMemory)) to predict."
    )
    lines += ["", "A training step, with a barrier between any two phases:"]
    for (index, phase) in summary.phases.enumerated() {
      for (place, stage) in phase.stages.enumerated() {
        lines += wrapped("  \(place == 0 ? "\(index + 1)." : "  ") \(stage.owner):", stage.passes)
      }
    }
    if summary.inference.map(\.kind) != summary.operations.map(\.kind) {
      lines += ["", "In a network that is not being trained:"]
      lines += summary.inference.map { "  \($0.name.isEmpty ? "" : "\($0.name): ")\($0.kind)" }
    }
    return lines.joined(separator: "\n")
  }

  private static func operations(_ summary: NetworkSummary, inputShape: Shape) -> String {
    var table = Table(["layer", "computes", "output", "parameters", "operations"])
    table.add(["input", "", "\(inputShape)", "", ""])
    for operation in summary.operations {
      table.add([
        operation.name.isEmpty ? "-" : operation.name, operation.kind,
        "\(operation.outputShape)" + (operation.isChannelsLast ? " *" : ""),
        grouped(operation.parameterCount), grouped(2 * operation.forwardCost),
      ])
    }
    return table.text
  }

  /// `head` and `items` with commas between them, in lines of 80 characters at most as far as words allow it.
  private static func wrapped(_ head: String, _ items: [String]) -> [String] {
    var lines = [head]
    for (index, item) in items.enumerated() {
      let word = " \(item)\(index + 1 < items.count ? "," : "")"
      if lines[lines.count - 1].count + word.count <= 80 {
        lines[lines.count - 1] += word
      } else {
        lines.append("    " + word)
      }
    }
    return lines
  }

  /// A whole number with commas between thousands.
  private static func grouped(_ number: Int) -> String {
    let digits = String(number)
    return digits.enumerated().map { index, digit in
      index > 0 && (digits.count - index) % 3 == 0 ? ",\(digit)" : "\(digit)"
    }.joined()
  }

  private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
}
