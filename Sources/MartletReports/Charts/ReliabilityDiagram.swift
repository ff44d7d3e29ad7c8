import Foundation

/// How often networks are right at each confidence: accuracy by confidence, above how many images have that confidence.
struct ReliabilityDiagram: Sendable {
  /// The bins of one way of training.
  struct Arm: Sendable {
    /// The name in the legend.
    var name: String

    /// The bins, lowest confidence first.
    var bins: [Bin]
  }

  /// Images of about the same confidence.
  struct Bin: Sendable {
    /// Their mean confidence, from 0 to 1.
    var confidence: Double

    /// The share of them that the network has right, from 0 to 1.
    var accuracy: Double

    /// How many they are.
    var count: Int
  }

  /// The diagram's name.
  var title: String

  /// A sentence on what the diagram shows.
  var description: String

  /// What is compared, in the legend's order.
  var arms: [Arm]

  private static let width = 440.0
  private static let plotHeight = 250.0
  private static let histogramHeight = 32.0
  private static let histogramGap = 18.0
  private static let largestRadius = 9.0

  /// The diagram as an SVG element.
  var svg: String {
    let shown = arms.map { arm in
      arm.bins.filter { $0.count > 0 && $0.confidence.isFinite && $0.accuracy.isFinite }
    }
    let entries =
      arms.enumerated().map { (sample: Legend.Sample.line(SeriesStyle($0)), name: $1.name) }
      + [(sample: .reference, name: "accuracy = confidence")]
    let legend = Legend(entries, width: Self.width - 4)
    let counts = shown.joined().map { Double($0.count) }
    let top = legend.height + 36
    let middle = top + Self.plotHeight
    let histograms = middle + 22
    let bottom = histograms + Double(arms.count) * (Self.histogramHeight + Self.histogramGap)
    let y = Axis([0, 100], from: middle, to: top)
    let left = max(y.labelWidth, Axis([0] + counts, from: 0, to: 1, tickLimit: 3).labelWidth) + 9
    let right = Self.width - 22
    let frame = PlotFrame(
      x: Axis([0, 100], from: left, to: right), y: y, left: left, right: right, top: top, bottom: bottom)
    var content = [
      legend.drawing(x: 2, y: 0), verticalGrid(frame), frame.verticalAxis(title: "accuracy (%)"),
      frame.horizontalAxis(title: "confidence (%)"),
      SVG.stroke(SVG.path([(left, middle), (right, top)]), class: "reference", width: 1.5),
    ]
    if counts.isEmpty {
      content.append(
        SVG.text("no data", x: (left + right) / 2, y: top + 30, class: "axis-title", anchor: .middle))
    }
    content += shown.enumerated().map { line($1, SeriesStyle($0), frame) }
    content += markers(shown, frame)
    content.append(SVG.text("images (larger markers: more)", x: 2, y: histograms + 2, class: "axis-title"))
    content += shown.enumerated().map { index, bins in
      let base = histograms + Double(index + 1) * (Self.histogramHeight + Self.histogramGap)
      return histogram(bins, index, greatest: counts.max() ?? 1, base: base, frame)
    }
    return SVG.drawing(width: Self.width, height: bottom + 46, title: title, description: description, content)
  }

  /// Lines through the diagram and all histograms, because they share their horizontal axis.
  private func verticalGrid(_ frame: PlotFrame) -> String {
    let path = frame.x.ticks.map { tick in
      SVG.path([(frame.x.position(tick), frame.top), (frame.x.position(tick), frame.bottom)])
    }
    return SVG.stroke(path.joined(), class: "grid")
  }

  private func line(_ bins: [Bin], _ style: SeriesStyle, _ frame: PlotFrame) -> String {
    guard bins.count > 1 else { return "" }
    let points = bins.map { bin in
      (frame.x.position(100 * bin.confidence), frame.y.position(100 * bin.accuracy))
    }
    return style.line(SVG.path(points), width: 1.5)
  }

  private func markers(_ arms: [[Bin]], _ frame: PlotFrame) -> [String] {
    let shares = arms.map { bins in
      let images = bins.reduce(0) { $0 + $1.count }
      return bins.map { Double($0.count) / Double(images) }
    }
    let greatest = shares.joined().max() ?? 1
    let markers = zip(arms, shares).enumerated().flatMap { index, arm in
      zip(arm.0, arm.1).map { bin, share in
        // The area shows the share; the smallest stay large enough to tell their shapes apart.
        let radius = max(3, Self.largestRadius * (share / greatest).squareRoot())
        let note =
          "\(self.arms[index].name): confidence \(fixed(100 * bin.confidence, 1)) %, "
          + "accuracy \(fixed(100 * bin.accuracy, 1)) %, \(bin.count) images"
        let element = SeriesStyle(index).marker(
          x: frame.x.position(100 * bin.confidence), y: frame.y.position(100 * bin.accuracy), radius: radius,
          note: note)
        return (radius: radius, element: element)
      }
    }
    // Large markers lie below small ones.
    return markers.sorted { $0.radius > $1.radius }.map(\.element)
  }

  private func histogram(_ bins: [Bin], _ index: Int, greatest: Double, base: Double, _ frame: PlotFrame) -> String {
    let style = SeriesStyle(index)
    let y = Axis([0, greatest], from: base, to: base - Self.histogramHeight, tickLimit: 3)
    let numbers = [y.range.lowerBound, y.range.upperBound].map { tick in
      SVG.text(y.label(tick), x: frame.left - 7, y: y.position(tick) + SVG.baseline, class: "tick", anchor: .end)
    }
    // Bars stand at mean confidences, below their markers, and are thin because means of neighbours can be close.
    let bars = bins.map { bin in
      SVG.rectangle(
        x: frame.x.position(100 * bin.confidence) - 3.5, y: y.position(Double(bin.count)), width: 7,
        height: base - y.position(Double(bin.count)), class: "bar \(style.className)",
        note: "\(arms[index].name): \(bin.count) images")
    }
    let line = SVG.stroke(SVG.path([(frame.left, base), (frame.right, base)]), class: "axis")
    let marker = style.marker(x: frame.right + 13, y: base - Self.histogramHeight / 2, radius: 4.5)
    return (bars + [line] + numbers + [marker]).joined(separator: "\n")
  }
}
