import Foundation

/// The names of series beside samples of their lines and markers, in as many rows as they need.
struct Legend: Sendable {
  /// What stands before a name.
  enum Sample: Sendable {
    /// The line and the marker of a series.
    case line(SeriesStyle)

    /// The marker of a series alone.
    case marker(SeriesStyle)

    /// The thin line that a reader compares with.
    case reference

    fileprivate var width: Double {
      if case .marker = self { 12 } else { 30 }
    }
  }

  private static let rowHeight = 20.0
  private static let sampleGap = 7.0
  private static let entryGap = 18.0

  private var rows: [[(sample: Sample, name: String, x: Double)]] = []

  /// A legend that is `width` units wide at most.
  init(_ entries: [(sample: Sample, name: String)], width: Double) {
    var next = width
    for entry in entries {
      let start = entry.sample.width + Self.sampleGap
      let name = SVG.shortened(entry.name, to: width - start)
      let end = start + SVG.width(of: name)
      if rows.isEmpty || next + end > width {
        rows.append([])
        next = 0
      }
      rows[rows.count - 1].append((entry.sample, name, next))
      next += end + Self.entryGap
    }
  }

  /// How much room the legend needs.
  var height: Double { Double(rows.count) * Self.rowHeight }

  /// The legend with its upper left corner at a position.
  func drawing(x: Double, y: Double) -> String {
    rows.enumerated().flatMap { index, row in
      let middle = y + (Double(index) + 0.5) * Self.rowHeight
      return row.map { entry in
        let start = x + entry.x
        let picture =
          switch entry.sample {
          case .line(let style): style.sample(x: start, y: middle)
          case .marker(let style): style.marker(x: start + 6, y: middle, radius: 4.5)
          case .reference: reference(x: start, y: middle)
          }
        let position = start + entry.sample.width + Self.sampleGap
        return picture + SVG.text(entry.name, x: position, y: middle + SVG.baseline, class: "legend")
      }
    }.joined(separator: "\n")
  }

  private func reference(x: Double, y: Double) -> String {
    SVG.stroke(SVG.path([(x, y), (x + 30, y)]), class: "reference", width: 1.5)
  }
}
