import Foundation

/// Lines with bands around them: how a measurement changes, for several series.
struct LineChart: Sendable {
  /// One line with its band.
  struct Series: Sendable {
    /// The name in the legend.
    var name: String

    /// The line's points, from left to right.
    var points: [Point]
  }

  /// A point of a line; all but `x` are in the measurement's own unit.
  ///
  /// Where `x` or `mean` is not finite, line and band have a gap; where `low` or `high` is not, the band alone has one.
  struct Point: Sendable {
    /// The position on the horizontal axis.
    var x: Double

    /// The measurement.
    var mean: Double

    /// The band's lower end.
    var low: Double

    /// The band's upper end.
    var high: Double

    fileprivate var hasLine: Bool { Axis.canShow(x) && Axis.canShow(mean) }
    fileprivate var hasBand: Bool { hasLine && Axis.canShow(low) && Axis.canShow(high) }
  }

  /// How the measurement is written.
  enum Format: Sendable {
    /// A share of 0.25 is written as 25; the axis title says that these are per cent.
    case percent

    /// As it is.
    case number
  }

  /// The chart's name.
  var title: String

  /// A sentence on what the chart shows.
  var description: String

  /// The horizontal axis' title, with its unit.
  var xTitle: String

  /// The vertical axis' title, with its unit.
  var yTitle: String

  /// How the measurement is written.
  var yFormat: Format

  /// The values that the measurement can have; bands end there, such as intervals around accuracies near 100 %.
  var yLimits = -Double.infinity...Double.infinity

  /// The lines, in the legend's order.
  var series: [Series]

  private static let width = 440.0
  private static let plotHeight = 210.0

  /// Above this many points, only some have markers.
  private static let markerLimit = 25

  /// The chart as an SVG element.
  var svg: String {
    let lines = series.map { $0.points.map(scaled) }
    let points = lines.joined().filter(\.hasLine)
    let entries = series.enumerated().map { (sample: Legend.Sample.line(SeriesStyle($0)), name: $1.name) }
    let legend = Legend(entries, width: Self.width - 4)
    let top = legend.height + 36
    let frame = frame(points, top: top)
    var content = [
      legend.drawing(x: 2, y: 0), frame.verticalAxis(title: yTitle), frame.horizontalAxis(title: xTitle),
    ]
    if points.isEmpty {
      let middle = (frame.left + frame.right) / 2
      content.append(
        SVG.text("no data", x: middle, y: (top + frame.bottom) / 2, class: "axis-title", anchor: .middle))
    }
    // Bands lie below all lines, and lines below all markers.
    content += lines.enumerated().map { band($1, SeriesStyle($0), frame) }
    content += lines.enumerated().map { line($1, SeriesStyle($0), frame) }
    content += lines.enumerated().flatMap { markers($1, $0, frame) }
    return SVG.drawing(
      width: Self.width, height: frame.bottom + 46, title: title, description: description, content)
  }

  private func scaled(_ point: Point) -> Point {
    let factor: Double = yFormat == .percent ? 100 : 1
    func limited(_ value: Double) -> Double {
      value.isFinite ? min(max(value, yLimits.lowerBound), yLimits.upperBound) * factor : value
    }
    return Point(x: point.x, mean: point.mean * factor, low: limited(point.low), high: limited(point.high))
  }

  private func frame(_ points: [Point], top: Double) -> PlotFrame {
    let factor: Double = yFormat == .percent ? 100 : 1
    let bottom = top + Self.plotHeight
    let y = Axis(
      points.flatMap { [$0.mean, $0.low, $0.high] }, from: bottom, to: top, tickLimit: 7,
      limits: yLimits.lowerBound * factor...yLimits.upperBound * factor)
    let left = y.labelWidth + 9
    return PlotFrame(
      // The line may start later than its axis: of a training loss, the start is not known.
      x: horizontalAxis(series.flatMap(\.points).map(\.x).filter(Axis.canShow), left: left), y: y, left: left,
      right: Self.width - 6, top: top,
      bottom: bottom)
  }

  /// The horizontal axis with the most round numbers that do not run into each other.
  private func horizontalAxis(_ values: [Double], left: Double) -> Axis {
    // Room on both sides keeps the first and last markers and numbers inside.
    var room = 16.0
    var tickLimit = 8
    while true {
      let axis = Axis(values, from: left + 10, to: Self.width - room, tickLimit: tickLimit, endsAtTicks: false)
      let width = axis.labelWidth
      if width / 2 > room {
        room = width / 2
      } else if tickLimit > 3 && Double(axis.ticks.count) * (width + 14) > Self.width - left {
        tickLimit -= 1
      } else {
        return axis
      }
    }
  }

  private func band(_ points: [Point], _ style: SeriesStyle, _ frame: PlotFrame) -> String {
    let runs = points.split { !$0.hasBand }
    let path = runs.filter { $0.count > 1 }.map { run in
      let upper = run.map { (x: frame.x.position($0.x), y: frame.y.position(max($0.low, $0.high))) }
      let lower = run.map { (x: frame.x.position($0.x), y: frame.y.position(min($0.low, $0.high))) }
      return SVG.path(upper + lower.reversed(), closed: true)
    }.joined()
    let area =
      path.isEmpty
      ? ""
      : SVG.element(
        "path",
        [
          "class": "band \(style.className)", "d": path, "fill": "currentColor", "fill-opacity": "0.13",
          "stroke": "currentColor", "stroke-opacity": "0.3",
        ])
    // The band of a single point has no area.
    let bars = runs.filter { $0.count == 1 }.joined().map { point in
      let x = frame.x.position(point.x)
      return SVG.path([(x, frame.y.position(point.low)), (x, frame.y.position(point.high))])
    }.joined()
    return area + (bars.isEmpty ? "" : SVG.stroke(bars, class: "line \(style.className)", width: 1.5))
  }

  private func line(_ points: [Point], _ style: SeriesStyle, _ frame: PlotFrame) -> String {
    let runs = points.split { !$0.hasLine }
    let path = runs.filter { $0.count > 1 }.map { run in
      SVG.path(run.map { (frame.x.position($0.x), frame.y.position($0.mean)) })
    }.joined()
    return path.isEmpty ? "" : style.line(path)
  }

  private func markers(_ points: [Point], _ index: Int, _ frame: PlotFrame) -> [String] {
    let every = points.count > Self.markerLimit ? (points.count + 11) / 12 : 1
    // Where lines run close together, their markers take turns.
    let first = every * index / max(1, series.count)
    func isDrawn(_ position: Int) -> Bool {
      points.indices.contains(position) && points[position].hasLine
    }
    return points.enumerated().compactMap { position, point in
      let isAlone = !isDrawn(position - 1) && !isDrawn(position + 1)
      guard isDrawn(position), isAlone || position % every == first % every else { return nil }
      return SeriesStyle(index).marker(
        x: frame.x.position(point.x), y: frame.y.position(point.mean), radius: 4,
        note: note(point, series[index].name))
    }
  }

  private func note(_ point: Point, _ name: String) -> String {
    func written(_ value: Double) -> String { fixed(value, yFormat == .percent ? 2 : 4) }
    let start = "\(name), \(xTitle) \(SVG.number(point.x)): \(written(point.mean))"
    let hasBand = point.hasBand && point.low != point.high
    return (start + (hasBand ? " (\(written(point.low)) to \(written(point.high)))" : ""))
      .replacing("-", with: "−")
  }
}
