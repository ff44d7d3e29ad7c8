import Foundation

/// What several sources say about one image: bars for the probabilities of its most likely classes.
struct DistributionBars: Sendable {
  /// A distribution over classes, such as the target or a network's prediction.
  struct Source: Sendable {
    /// The name in the legend.
    var name: String

    /// A probability from 0 to 1 for each class.
    var probabilities: [Double]
  }

  /// The drawing's name.
  var title: String

  /// A sentence on what the drawing shows.
  var description: String

  /// The classes' names.
  var classNames: [String]

  /// What the others are compared with, such as the label; it comes first.
  var reference: Source

  /// The other distributions, in the legend's order, each with the style of the series at its position.
  var arms: [Source]

  private var sources: [Source] { [reference] + arms }

  private func style(_ source: Int) -> SeriesStyle { source == 0 ? .reference : SeriesStyle(source - 1) }

  private static let width = 300.0
  private static let rowHeight = 16.0
  private static let classGap = 9.0
  private static let classLimit = 5

  /// A class is shown if some source gives it this probability.
  private static let leastProbability = 0.02

  /// The drawing as an SVG element.
  var svg: String {
    let classes = shownClasses
    let entries = sources.enumerated().map { (sample: Legend.Sample.marker(style($0)), name: $1.name) }
    let legend = Legend(entries, width: Self.width - 4)
    let names = classes.map { SVG.shortened(classNames[$0], to: 92) }
    let left = (names.map(SVG.width(of:)).max() ?? 0) + 8
    let groupHeight = Double(sources.count) * Self.rowHeight
    let top = legend.height + Self.classGap
    var content = [legend.drawing(x: 2, y: 0)]
    for (position, (index, name)) in zip(classes, names).enumerated() {
      let start = top + Double(position) * (groupHeight + Self.classGap)
      content.append(SVG.text(name, x: 2, y: start + groupHeight / 2 + SVG.baseline, class: "axis-title"))
      content += sources.indices.map { source in
        row(source, index, left: left, middle: start + (Double(source) + 0.5) * Self.rowHeight)
      }
      let line = SVG.path([(left + 16, start), (left + 16, start + groupHeight)])
      content.append(SVG.stroke(line, class: "axis"))
    }
    if classes.isEmpty {
      content.append(SVG.text("no class has 2 % or more", x: 2, y: top + 14, class: "axis-title"))
    }
    let height = top + max(24, Double(classes.count) * (groupHeight + Self.classGap))
    return SVG.drawing(width: Self.width, height: height, title: title, description: description, content)
  }

  /// The likeliest classes, likeliest first, and of equals the first.
  private var shownClasses: [Int] {
    let greatest = classNames.indices.map { index in sources.indices.map { probability($0, index) }.max() ?? 0 }
    return classNames.indices.filter { greatest[$0] >= Self.leastProbability }
      .sorted { (greatest[$1], $0) < (greatest[$0], $1) }.prefix(Self.classLimit).map { $0 }
  }

  private func probability(_ source: Int, _ index: Int) -> Double {
    let probabilities = sources[source].probabilities
    guard probabilities.indices.contains(index), probabilities[index].isFinite else { return 0 }
    return min(max(probabilities[index], 0), 1)
  }

  /// A source's marker, bar and percentage for one class.
  private func row(_ source: Int, _ index: Int, left: Double, middle: Double) -> String {
    let style = style(source)
    let probability = probability(source, index)
    let start = left + 16
    let full = Self.width - start - SVG.width(of: "100 %") - 6
    let bar = SVG.rectangle(
      x: start, y: middle - 5, width: full * probability, height: 10, class: "bar \(style.className)",
      note: "\(sources[source].name), \(classNames[index]): \(fixed(100 * probability, 1)) %")
    let number = SVG.text(
      "\(fixed(100 * probability, 0)) %", x: start + full * probability + 6, y: middle + SVG.baseline, class: "tick")
    return style.marker(x: left + 6, y: middle, radius: 4) + bar + number
  }
}
