import Foundation

/// How a series looks: its colour's class, and a dash pattern and a marker that tell it apart without colour.
///
/// There are eight of each. From the ninth series on, colours come with the next one's dashes and marker.
struct SeriesStyle: Sendable {
  /// Which dashes and which marker.
  private let index: Int
  private let color: Int

  /// The style of what all series are compared with, and which is none of them.
  static let reference = SeriesStyle(position: -1)

  private init(position: Int) { (index, color) = (position, position) }

  /// The style of the series at `index`.
  init(_ index: Int) {
    let count = Self.dashPatterns.count
    self.index = (index + index / count) % count
    color = index % count
  }

  private static let dashPatterns: [String?] = [
    nil, "9 4", "2 3", "12 4 2 4", "5 3", "16 4", "12 3 2 3 2 3", "1 5",
  ]

  /// The class that gives the series its colour.
  var className: String { color < 0 ? "series-reference" : "series-\(color)" }

  /// Lengths of dashes and gaps; nil is a solid line.
  var dashes: String? { index < 0 ? nil : Self.dashPatterns[index] }

  /// The series' marker around a position. All shapes have about the area of a circle of that radius.
  func marker(x: Double, y: Double, radius: Double, note: String = "") -> String {
    SVG.element(
      "path", ["class": "marker \(className)", "d": outline(x, y, radius), "fill": "currentColor"],
      note.isEmpty ? "" : SVG.element("title", [:], escaped(note)))
  }

  /// A short piece of the series' line with its marker, for a legend; 30 units wide.
  func sample(x: Double, y: Double) -> String {
    line(SVG.path([(x, y), (x + 30, y)])) + marker(x: x + 15, y: y, radius: 4.5)
  }

  /// The series' line along `path`.
  func line(_ path: String, width: Double = 2) -> String {
    SVG.stroke(path, class: "line \(className)", width: width, dashes: dashes)
  }

  private func outline(_ x: Double, _ y: Double, _ radius: Double) -> String {
    /// Corners on a circle, the first at `turn` of a whole turn after twelve o'clock.
    func polygon(_ count: Int, _ radii: [Double], turn: Double = 0) -> String {
      let corners = (0..<count).map { corner in
        let angle = 2 * Double.pi * (Double(corner) / Double(count) + turn)
        let distance = radius * radii[corner % radii.count]
        return (x: x + distance * sin(angle), y: y - distance * cos(angle))
      }
      return SVG.path(corners, closed: true)
    }
    /// A plus sign from twelve corners.
    func plus(turn: Double) -> String {
      let arm = 1.3
      let half = 0.42
      let corners = [
        (-half, -arm), (half, -arm), (half, -half), (arm, -half), (arm, half), (half, half), (half, arm), (-half, arm),
        (-half, half), (-arm, half), (-arm, -half), (-half, -half),
      ]
      let angle = 2 * Double.pi * turn
      return SVG.path(
        corners.map {
          (
            x: x + radius * ($0.0 * cos(angle) - $0.1 * sin(angle)),
            y: y + radius * ($0.0 * sin(angle) + $0.1 * cos(angle))
          )
        }, closed: true)
    }
    switch index {
    case ..<0:
      return SVG.path(
        [
          (x - 1.5, y - 1.4 * radius), (x + 1.5, y - 1.4 * radius), (x + 1.5, y + 1.4 * radius),
          (x - 1.5, y + 1.4 * radius),
        ], closed: true)
    case 0:
      let size = SVG.number(radius)
      let width = SVG.number(2 * radius)
      return "M\(SVG.number(x - radius)) \(SVG.number(y))"
        + "a\(size) \(size) 0 1 0 \(width) 0a\(size) \(size) 0 1 0 -\(width) 0Z"
    case 1: return polygon(4, [1.25], turn: 0.125)
    case 2: return polygon(3, [1.5])
    case 3: return polygon(4, [1.35])
    case 4: return plus(turn: 0.125)
    case 5: return polygon(3, [1.5], turn: 0.5)
    case 6: return plus(turn: 0)
    default: return polygon(10, [1.6, 0.7])
    }
  }
}
