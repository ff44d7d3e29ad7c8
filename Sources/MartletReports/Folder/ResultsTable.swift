import MartletTraining

/// `results.csv`: a row for each trial and a column for each measure, for spreadsheets (RFC 4180).
enum ResultsTable {
  static func text(_ record: ComparisonRecord) -> String {
    let measures = Measure.all.filter { measure in
      record.arms.contains { $0.trials.contains { measure.value(of: $0) != nil } }
    }
    var rows = [["arm", "labels", "seed"] + measures.map(\.key)]
    for arm in record.arms {
      let labels = record.description.arms.first { $0.name == arm.name }?.labels ?? ""
      for trial in arm.trials {
        let cells = measures.map { measure in
          measure.value(of: trial).flatMap { $0.isFinite ? $0 : nil }.map { "\($0)" } ?? ""
        }
        rows.append([quoted(arm.name), quoted(labels), "\(trial.result.trial.seed)"] + cells)
      }
    }
    return rows.map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  static func quoted(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { ["\"", ",", "\r", "\n"].contains($0) }) else { return text }
    return "\"\(text.replacing("\"", with: "\"\""))\""
  }
}
