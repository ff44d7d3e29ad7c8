import Foundation

/// The elements that charts are drawn with, as text; all lengths are in units of the drawing.
///
/// Colours are `currentColor`, which the page's stylesheet sets for each class. No element has an id, so that one page
/// can hold many drawings.
enum SVG {
  /// Which end of a text lies at its position.
  enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// The size of all text.
  static let textSize = 14.0

  /// How far a text's baseline lies below its middle.
  static let baseline = 4.8

  /// A whole drawing with a name and a sentence for those who cannot see it.
  static func drawing(
    width: Double, height: Double, title: String, description: String, _ content: [String]
  ) -> String {
    let head = [element("title", [:], escaped(title)), element("desc", [:], escaped(description))]
    // A page's own text size must not change the drawing's, because positions depend on it.
    return element(
      "svg",
      [
        "class": "chart", "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img",
        "font-size": number(textSize),
      ], "\n" + (head + content).filter { !$0.isEmpty }.joined(separator: "\n") + "\n")
  }

  /// One element; attributes that are nil are left out, and `content` is markup already.
  static func element(_ name: String, _ attributes: KeyValuePairs<String, String?>, _ content: String = "") -> String {
    let list = attributes.compactMap { key, value in value.map { " \(key)=\"\(escaped($0))\"" } }.joined()
    return content.isEmpty ? "<\(name)\(list)/>" : "<\(name)\(list)>\(content)</\(name)>"
  }

  /// Words at a position, turned around it by `degrees`.
  static func text(
    _ words: String, x: Double, y: Double, class name: String, anchor: Anchor = .start, degrees: Double = 0
  ) -> String {
    let turn = degrees == 0 ? nil : "rotate(\(number(degrees)) \(number(x)) \(number(y)))"
    return element(
      "text",
      [
        "class": name, "x": number(x), "y": number(y), "fill": "currentColor",
        "text-anchor": anchor == .start ? nil : anchor.rawValue, "transform": turn,
      ], escaped(words))
  }

  /// A line along `path`.
  static func stroke(_ path: String, class name: String, width: Double = 1, dashes: String? = nil) -> String {
    element(
      "path",
      [
        "class": name, "d": path, "fill": "none", "stroke": "currentColor", "stroke-width": number(width),
        "stroke-dasharray": dashes,
      ])
  }

  /// A filled rectangle that says `note` to a pointer that rests on it.
  static func rectangle(
    x: Double, y: Double, width: Double, height: Double, class name: String, opacity: Double? = nil, note: String = ""
  ) -> String {
    element(
      "rect",
      [
        "class": name, "x": number(x), "y": number(y), "width": number(width), "height": number(height),
        "fill": "currentColor", "fill-opacity": opacity.map(number),
      ], note.isEmpty ? "" : element("title", [:], escaped(note)))
  }

  /// A path through `points`.
  static func path(_ points: [(x: Double, y: Double)], closed: Bool = false) -> String {
    let corners = points.map { "\(number($0.x)) \(number($0.y))" }
    return corners.isEmpty ? "" : "M" + corners.joined(separator: "L") + (closed ? "Z" : "")
  }

  /// `value` with two decimals at most.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    var digits = fixed(value, 2)
    while digits.hasSuffix("0") { digits.removeLast() }
    if digits.hasSuffix(".") { digits.removeLast() }
    return digits == "-0" || digits.isEmpty ? "0" : digits
  }

  /// About how wide `text` is; fonts differ, so this errs on the wide side.
  static func width(of text: String) -> Double {
    let shares = text.unicodeScalars.map { scalar -> Double in
      switch scalar {
      case "i", "j", "l", "I", "t", "f", "r", " ", ".", ",", ":", ";", "'", "|", "(", ")", "[", "]": 0.4
      case "m", "w", "M", "W", "@", "%": 0.95
      case "A"..."Z": 0.72
      // Chinese, Japanese and Korean characters, and pictures, are square.
      case "\u{1100}"..."\u{115F}", "\u{2E80}"..."\u{FFEF}", "\u{1F000}"..."\u{3FFFF}": 1
      default: 0.62
      }
    }
    return shares.reduce(0, +) * textSize
  }

  /// `text`, cut to `width` with an ellipsis where it is longer.
  static func shortened(_ text: String, to width: Double) -> String {
    guard self.width(of: text) > width else { return text }
    var start = text
    while !start.isEmpty && self.width(of: start + "…") > width { start.removeLast() }
    return start + "…"
  }
}
