import Foundation
import Requirements

/// A table for a terminal: a head, a rule, and rows, numbers to the right.
public struct Table: Sendable {
  private var rows: [[String]]

  /// A table with the given column heads.
  public init(_ head: [String]) { rows = [head] }

  /// Adds a row with as many cells as there are heads.
  public mutating func add(_ row: [String]) {
    require(row.count == rows[0].count, "A row of this table has \(rows[0].count) cells, not \(row.count).")
    rows.append(row)
  }

  /// The table as lines; the first column is set to the left, all others to the right.
  public var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    func line(_ row: [String]) -> String {
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(rows[0]), rule] + rows.dropFirst().map(line)).joined(separator: "\n")
  }
}
