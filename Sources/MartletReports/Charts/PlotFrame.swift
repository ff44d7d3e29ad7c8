import Foundation

/// The grid, the axes, their numbers and their titles around a plot.
struct PlotFrame: Sendable {
  /// The horizontal axis.
  let x: Axis

  /// The vertical axis.
  let y: Axis

  /// The plot's edges.
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  /// Horizontal grid lines, the vertical axis with its numbers, and its title above, where it needs no turned text.
  func verticalAxis(title: String) -> String {
    let grid = y.ticks.map { SVG.path([(left, y.position($0)), (right, y.position($0))]) }.joined()
    let numbers = zip(y.ticks, y.labels).map { tick, label in
      SVG.text(label, x: left - 7, y: y.position(tick) + SVG.baseline, class: "tick", anchor: .end)
    }
    let name = SVG.text(title, x: 2, y: top - 15, class: "axis-title")
    return ([SVG.stroke(grid, class: "grid")] + numbers + [name]).joined(separator: "\n")
  }

  /// The horizontal axis with its numbers, and its title below.
  func horizontalAxis(title: String) -> String {
    let marks = x.ticks.map { SVG.path([(x.position($0), bottom), (x.position($0), bottom + 5)]) }.joined()
    let numbers = zip(x.ticks, x.labels).map { tick, label in
      SVG.text(label, x: x.position(tick), y: bottom + 19, class: "tick", anchor: .middle)
    }
    let name = SVG.text(title, x: (left + right) / 2, y: bottom + 39, class: "axis-title", anchor: .middle)
    let line = SVG.path([(left, bottom), (right, bottom)])
    return ([SVG.stroke(line + marks, class: "axis")] + numbers + [name]).joined(separator: "\n")
  }
}
