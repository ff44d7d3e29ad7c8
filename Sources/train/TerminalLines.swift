import Foundation
import MartletTraining

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Some lines at the bottom of a terminal that change: one for each trial under way.
///
/// Where standard error is no terminal, nothing is drawn.
struct TerminalLines {
  /// Whether there is a terminal to draw on.
  let isShown: Bool
  /// Whether lines may have colours: not if `NO_COLOR` is there and not empty (<https://no-color.org>).
  let isColored: Bool
  private var lines: [(trial: Trial, text: String)] = []
  private var drawn = 0
  private var lastDrawing: ContinuousClock.Instant?

  /// - Parameter isWanted: whether anything is to be drawn at all.
  init(isWanted: Bool) {
    let environment = ProcessInfo.processInfo.environment
    isShown = isWanted && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    isColored = isShown && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Whether it is time to draw a trial's line: some twenty pictures a second are enough for anybody, but each line is there from
  /// the start.
  func isDue(for trial: Trial) -> Bool {
    guard isShown, let lastDrawing, lines.contains(where: { $0.trial == trial }) else { return isShown }
    return lastDrawing.duration(to: .now) >= .milliseconds(50)
  }

  /// Changes a trial's line, or adds it below the others.
  mutating func set(_ text: String, for trial: Trial) {
    guard isShown else { return }
    if let place = lines.firstIndex(where: { $0.trial == trial }) {
      lines[place].text = text
    } else {
      lines.append((trial, text))
    }
    lastDrawing = .now
    draw()
  }

  /// Takes a trial's line away.
  mutating func remove(_ trial: Trial) {
    guard isShown else { return }
    lines.removeAll { $0.trial == trial }
    draw()
  }

  /// Takes all lines off the screen, so that something can be written where they were.
  mutating func clear() {
    write(erasure + "\r\u{1B}[J")
    drawn = 0
  }

  private mutating func draw() {
    write(erasure + lines.map { "\($0.text)\n" }.joined())
    drawn = lines.count
  }

  /// Goes up to the first of the lines on the screen, and clears from there on.
  private var erasure: String { drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : "" }

  /// Nobody misses a progress bar that cannot be drawn.
  private func write(_ text: String) {
    guard isShown, !text.isEmpty else { return }
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// The terminal's columns, which may change.
  var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
