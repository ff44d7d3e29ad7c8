import Foundation
public import Martlet
public import MartletData
import Requirements

/// What a teacher predicts, as labels.
public enum PseudoLabels {
  /// softmax(logits / temperature) of `classifier` for each image of `dataset`, (count, classCount).
  ///
  /// Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015).
  public static func distributions(
    of classifier: Classifier, on dataset: Dataset, temperature: Float, team: ThreadTeam = .single
  ) -> [Float] {
    require(temperature > 0, "A temperature must be above 0, not \(temperature).")
    let logits = classifier.logits(for: dataset, team: team)
    var rows: [Float] = []
    rows.reserveCapacity(logits.count)
    for first in stride(from: 0, to: logits.count, by: dataset.classCount) {
      let row = logits.span.extracting(first..<first + dataset.classCount)
      let softmax = RowSoftmax(row, temperature: Double(temperature))
      for index in row.indices { rows.append(Float(exp(softmax.logProbability(row[index])))) }
    }
    return rows
  }

  /// Each row with 1 at its largest element, the first of several, and 0 elsewhere.
  ///
  /// - Parameter rows: (count, classCount).
  static func hardened(_ rows: [Float], classCount: Int) -> [Float] {
    var hard = Array(repeating: Float(0), count: rows.count)
    for first in stride(from: 0, to: rows.count, by: classCount) {
      hard[argmax(of: rows, at: first, classCount)] = 1
    }
    return hard
  }

  /// The position of the largest of the `classCount` elements from `first` on.
  static func argmax(of rows: [Float], at first: Int, _ classCount: Int) -> Int {
    (first..<first + classCount).reduce(first) { rows[$1] > rows[$0] ? $1 : $0 }
  }
}
