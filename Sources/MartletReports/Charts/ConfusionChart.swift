import Foundation

/// Which classes are taken for which: a matrix with a row per label and a column per prediction.
struct ConfusionChart: Sendable {
  /// The chart's name.
  var title: String

  /// A sentence on what the chart shows.
  var description: String

  /// The classes' names, in the order of rows and columns.
  var classNames: [String]

  /// Images by label and prediction, over several seeds their means.
  var counts: [[Double]]

  private static let width = 440.0

  /// Above this many classes, cells have no room for numbers.
  private static let numberLimit = 12

  /// The side of the largest cell.
  private static let cellLimit = 84.0

  /// Names and cells that depend on the number of classes.
  private struct Layout {
    var names: [String]
    var left: Double
    var top: Double
    var cell: Double
    var isTurned: Bool

    func start(_ index: Int) -> Double { Double(index) * cell }
    func middle(_ index: Int) -> Double { (Double(index) + 0.5) * cell }
  }

  /// The chart as an SVG element.
  var svg: String {
    guard !classNames.isEmpty else {
      let words = SVG.text("no data", x: 2, y: 16, class: "axis-title")
      return SVG.drawing(width: Self.width, height: 24, title: title, description: description, [words])
    }
    let layout = layout
    let size = layout.start(classNames.count)
    let bottom = layout.top + size
    let frame = SVG.element(
      "rect",
      [
        "class": "axis", "x": SVG.number(layout.left), "y": SVG.number(layout.top), "width": SVG.number(size),
        "height": SVG.number(size), "fill": "none", "stroke": "currentColor",
      ])
    let content =
      names(layout) + (classNames.count > Self.numberLimit ? shades(layout) : cells(layout)) + [frame]
      + scale(x: layout.left, y: bottom + 14)
    return SVG.drawing(width: Self.width, height: bottom + 56, title: title, description: description, content)
  }

  private var layout: Layout {
    let names = classNames.map { SVG.shortened($0, to: 110) }
    let widths = names.map(SVG.width(of:))
    let widest = widths.max() ?? 0
    let count = Double(names.count)
    let left = max(widest, SVG.width(of: "label")) + 9
    let straight = min(Self.cellLimit, (Self.width - left - 4) / count)
    guard widest > straight - 4 else {
      return Layout(names: names, left: left, top: 42, cell: straight, isTurned: false)
    }
    // Names at 45 degrees stick out to the right by 0.71 of their width.
    let overhangs = widths.enumerated().map { index, width in
      let room = (count - Double(index) - 0.5) * (Self.width - left) / count
      return 0.71 * width + 8 - room
    }
    let right = max(4, overhangs.max() ?? 0)
    let cell = min(Self.cellLimit, (Self.width - left - right) / count)
    return Layout(names: names, left: left, top: 32 + 0.71 * widest, cell: cell, isTurned: true)
  }

  private func names(_ layout: Layout) -> [String] {
    let every = max(1, Int((17 / layout.cell).rounded(.up)))
    let indices = stride(from: 0, to: classNames.count, by: every)
    let rows = indices.map { index in
      SVG.text(
        layout.names[index], x: layout.left - 6, y: layout.top + layout.middle(index) + SVG.baseline, class: "tick",
        anchor: .end)
    }
    let columns = indices.map { index in
      SVG.text(
        layout.names[index], x: layout.left + layout.middle(index) + (layout.isTurned ? 4 : 0), y: layout.top - 6,
        class: "tick", anchor: layout.isTurned ? .start : .middle, degrees: layout.isTurned ? -45 : 0)
    }
    return [
      SVG.text(
        "label", x: layout.left - 6, y: layout.top - (layout.isTurned ? 11 : 6), class: "axis-title", anchor: .end),
      SVG.text("prediction", x: layout.left, y: 14, class: "axis-title"),
    ] + rows + columns
  }

  /// The share of each label's images that has each prediction.
  private var shares: [[Double]] {
    classNames.indices.map { row in
      let images = counts.indices.contains(row) ? counts[row].map { $0.isFinite ? max(0, $0) : 0 } : []
      let total = images.reduce(0, +)
      return classNames.indices.map { images.indices.contains($0) && total > 0 ? images[$0] / total : 0 }
    }
  }

  /// How strongly a share is shaded.
  ///
  /// Among many classes an image goes to any wrong one rarely. Square roots make such cells visible.
  private func opacity(_ share: Double) -> Double {
    classNames.count > Self.numberLimit ? share.squareRoot() : share
  }

  /// A cell for each pair of classes, with its percentage.
  private func cells(_ layout: Layout) -> [String] {
    let shares = shares
    return classNames.indices.flatMap { row in
      classNames.indices.flatMap { column -> [String] in
        let share = shares[row][column]
        // Empty cells are left blank: most are, and zeros would hide the rest.
        guard share > 0 else { return [] }
        let note =
          "label \(classNames[row]), prediction \(classNames[column]): "
          + "\(fixed(counts[row][column], 1)) images, \(fixed(100 * share, 1)) %"
        let cell = SVG.rectangle(
          x: layout.left + layout.start(column), y: layout.top + layout.start(row), width: layout.cell,
          height: layout.cell, class: "heat", opacity: opacity(share), note: note)
        let number = SVG.text(
          fixed(100 * share, 0), x: layout.left + layout.middle(column),
          y: layout.top + layout.middle(row) + SVG.baseline, class: share > 0.5 ? "cell on-heat" : "cell",
          anchor: .middle)
        return [cell, number]
      }
    }
  }

  /// All cells of about the same share as one path: with 100 classes, an element for each would make a large page.
  private func shades(_ layout: Layout) -> [String] {
    let shadeCount = 50.0
    var paths: [Int: String] = [:]
    let size = SVG.number(layout.cell)
    for (row, shares) in shares.enumerated() {
      for (column, share) in shares.enumerated() {
        let shade = Int((opacity(share) * shadeCount).rounded())
        guard shade > 0 else { continue }
        let x = SVG.number(layout.left + layout.start(column))
        let y = SVG.number(layout.top + layout.start(row))
        paths[shade, default: ""] += "M\(x) \(y)h\(size)v\(size)h-\(size)Z"
      }
    }
    return paths.sorted { $0.key < $1.key }.map { shade, path in
      SVG.element(
        "path",
        [
          "class": "heat", "d": path, "fill": "currentColor",
          "fill-opacity": SVG.number(Double(shade) / shadeCount),
        ])
    }
  }

  /// What the shades mean.
  private func scale(x: Double, y: Double) -> [String] {
    let shares = classNames.count > Self.numberLimit ? [0, 0.05, 0.2, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]
    let boxes = shares.enumerated().flatMap { index, share -> [String] in
      let start = x + Double(index) * 28
      let box = SVG.rectangle(x: start, y: y, width: 28, height: 12, class: "heat", opacity: opacity(share))
      let name = SVG.text(fixed(100 * share, 0), x: start + 14, y: y + 27, class: "tick", anchor: .middle)
      return [box, name]
    }
    let frame = SVG.element(
      "rect",
      [
        "class": "axis", "x": SVG.number(x), "y": SVG.number(y), "width": "140", "height": "12", "fill": "none",
        "stroke": "currentColor",
      ])
    return boxes + [frame, SVG.text("% of the label's images", x: x + 150, y: y + 11, class: "axis-title")]
  }
}
