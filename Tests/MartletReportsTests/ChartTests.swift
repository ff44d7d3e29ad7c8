import Foundation
import Testing

@testable import MartletReports

/// Whether `text` is well-formed XML, which a browser's parser of SVG wants.
private func isWellFormed(_ text: String) -> Bool {
  // Each element that is opened is closed, in order.
  var open: [Substring] = []
  for match in text.matches(of: /<(\/?)([a-zA-Z]+)([^<>]*?)(\/?)>/) {
    let (_, slash, name, attributes, end) = match.output
    guard attributes.filter({ $0 == "\"" }).count % 2 == 0 else { return false }
    if slash == "/" {
      guard open.popLast() == name else { return false }
    } else if end.isEmpty {
      open.append(name)
    }
  }
  return open.isEmpty && !text.contains("nan") && !text.contains("inf")
}

@Suite("Axes")
struct AxisTests {
  private static let nothings: [[Double]] = [[], [.nan], [.infinity, -.infinity], [.nan, 2]]

  @Test(
    "have round ticks around all values, in their order",
    arguments: [(0.0, 1.0), (0.13, 0.87), (-5, 5000), (3, 3), (1e-9, 2e-9)])
  func ticks(low: Double, high: Double) {
    let axis = Axis([low, high], from: 0, to: 100)
    #expect(axis.ticks.count >= 2 && axis.ticks == axis.ticks.sorted())
    for value in [low, high] { #expect((-0.01...100.01).contains(axis.position(value))) }
    #expect(axis.position(high) >= axis.position(low))
  }

  @Test(
    "of nothing, and of NaN, are axes all the same",
    arguments: nothings)
  func nothing(values: [Double]) {
    let axis = Axis(values, from: 10, to: 0)
    #expect(axis.ticks.count >= 2 && axis.ticks.allSatisfy { axis.position($0).isFinite })
  }
}

@Suite("Charts")
struct ChartTests {
  private func lines(_ means: [[Double]]) -> LineChart {
    LineChart(
      title: "a < b", description: "c & d", xTitle: "epochs", yTitle: "loss (nats)", yFormat: .number,
      series: means.enumerated().map { index, values in
        LineChart.Series(
          name: "arm \(index)",
          points: values.enumerated().map { .init(x: Double($0), mean: $1, low: $1 - 0.1, high: $1 + 0.1) })
      })
  }

  @Test("of lines have titles, units, a band and a mark for each series that need no colour")
  func lineChart() {
    let svg = lines([[2, 1, 0.5], [2, 1.5, 1]]).svg
    #expect(isWellFormed(svg))
    for words in ["<title>a &lt; b</title>", "<desc>c &amp; d</desc>", "epochs", "loss (nats)", "arm 0", "arm 1"] {
      #expect(svg.contains(words), "\(words)")
    }
    #expect(Set((0..<16).map { "\(SeriesStyle($0).className) \(SeriesStyle($0).dashes ?? "")" }).count == 16)
    #expect(svg.contains("band series-0") && svg.contains("band series-1"))
    #expect(Set((0..<8).map { SeriesStyle($0).dashes ?? "" }).count == 8)
    #expect(Set((0..<8).map { SeriesStyle($0).marker(x: 0, y: 0, radius: 4).split(separator: "d=\"")[1] }).count == 8)
  }

  @Test("show gaps for NaN, and say so where there is nothing at all")
  func gaps() {
    let svg = lines([[2, .nan, 1, 0.5], [.infinity, 1, 1, 1]]).svg
    #expect(isWellFormed(svg))
    let nothing = lines([[.nan, .nan], []]).svg
    #expect(isWellFormed(nothing) && nothing.contains("no data"))
  }

  @Test("of reliability leave out empty bins")
  func reliability() {
    var bins = (0..<15).map { ReliabilityDiagram.Bin(confidence: Double($0) / 15, accuracy: 0.5, count: 10) }
    bins[3] = ReliabilityDiagram.Bin(confidence: .nan, accuracy: .nan, count: 0)
    let svg = ReliabilityDiagram(title: "r", description: "", arms: [.init(name: "x", bins: bins)]).svg
    #expect(isWellFormed(svg) && svg.contains("confidence (%)") && svg.contains("accuracy (%)"))
    #expect(isWellFormed(ReliabilityDiagram(title: "r", description: "", arms: []).svg))
  }

  @Test("of confusions show percentages of few classes, and shades of many", arguments: [1, 3, 12, 100])
  func confusions(classes: Int) {
    var counts = Array(repeating: Array(repeating: 0.0, count: classes), count: classes)
    for row in 0..<classes {
      counts[row][0] = 20
      counts[row][row] = 30
    }
    let svg = ConfusionChart(
      title: "c", description: "", classNames: (0..<classes).map { "class \($0)" }, counts: counts
    ).svg
    #expect(isWellFormed(svg) && svg.contains("heat"))
    // Three fifths of a class are right; of the first one, all are.
    #expect(svg.contains(">60</text>") == (classes == 3 || classes == 12))
  }

  @Test("of distributions show the likeliest classes, with the reference apart from the arms")
  func distributions() {
    let svg = DistributionBars(
      title: "d", description: "", classNames: ["cat", "dog", "cow"],
      reference: .init(name: "label", probabilities: [0, 1, 0]),
      arms: [.init(name: "soft", probabilities: [0.3, 0.69, 0.01])]
    ).svg
    #expect(isWellFormed(svg) && svg.contains("series-reference") && svg.contains("bar series-0"))
    #expect(svg.contains("69 %") && svg.contains("dog") && !svg.contains("cow"))
  }

  @Test("have no markup that a name could break")
  func escaping() {
    #expect(escaped("<a href=\"x\">&'\u{1}") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\u{FFFD}")
  }
}
