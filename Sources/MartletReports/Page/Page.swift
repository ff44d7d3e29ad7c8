import Foundation
import MartletTraining

/// The report as one HTML file that needs nothing else: no network, no script, no other file.
///
/// Each number in its tables carries its full precision, and what it is, in `data-` attributes.
struct Page {
  let record: ComparisonRecord

  init(_ record: ComparisonRecord) { self.record = record }

  /// The whole file.
  var html: String {
    let sections = [
      results, differences, curves, reliability, temperatures, classes, confusions, disagreements, pseudoLabels, costs,
      settings, versions,
    ]
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="data:,">
      <title>\(escaped(title))</title>
      <style>
      \(PageStyle.css)
      </style>
      </head>
      <body>
      <header>
      <h1>\(escaped(title))</h1>
      <p>\(escaped(summary))</p>
      </header>
      <main>
      \(sections.compactMap { $0 }.joined(separator: "\n"))
      </main>
      </body>
      </html>

      """
  }

  private var title: String {
    let names = record.arms.map(\.name)
    let listed = names.count <= 4 ? names.joined(separator: " · ") : "\(names.count) arms"
    return "\(listed) on \(record.description.images.name)"
  }

  private var summary: String {
    let images = record.description.images
    let trainingCounts = Set(record.parts.map(\.images.trainingCount)).sorted().map(grouped)
    let seeds = record.arms.map(\.seeds.count)
    let (least, most) = (seeds.min() ?? 0, seeds.max() ?? 0)
    let times = least == most ? "\(least) \(least == 1 ? "seed" : "seeds")" : "\(least) to \(most) seeds"
    return "\(trainingCounts.joined(separator: " or ")) training and \(grouped(images.testCount)) test images of "
      + "\(images.classNames.count) classes. Each arm was trained under \(times). Arms under one seed start from the same "
      + "weights, if they have the same network, and see the images that they share in the same order."
  }

  /// A part of the page; nil if it has nothing to say.
  func section(_ title: String, _ content: String, note: String? = nil) -> String {
    let note = note.map { "\n<p class=\"note\">\(escaped($0))</p>" } ?? ""
    return "<section>\n<h2>\(escaped(title))</h2>\(note)\n\(content)\n</section>"
  }

  /// A chart with its name above it.
  func figure(_ caption: String, _ chart: String) -> String {
    "<figure>\n<figcaption>\(escaped(caption))</figcaption>\n\(chart)\n</figure>"
  }
}
