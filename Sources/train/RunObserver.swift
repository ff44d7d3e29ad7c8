import Foundation
import MartletData
import MartletReports
import MartletTraining

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows what happens: a progress bar or plain lines, the tutorial's log, and the metrics file.
struct RunObserver {
  /// How much to print.
  enum Style {
    /// The tutorial's lines on standard output.
    case tutorial
    /// A line for each finished arm on standard error; the table comes later.
    case comparison
    /// Nothing.
    case quiet
  }

  private let style: Style
  /// Whether the metrics say which arm they belong to: where there are several.
  private let namesArms: Bool
  private let metrics: MetricsFile?
  private let showsProgress: Bool
  private let columns: Int
  private var arm: Experiment.Arm?
  private var isTeacher = false
  private var start = ContinuousClock.now
  private var lastDrawing: ContinuousClock.Instant?

  init(style: Style, namesArms: Bool, metricsPath: String?) throws {
    self.style = style
    self.namesArms = namesArms
    metrics = try metricsPath.map { try MetricsFile(path: $0) }
    showsProgress = style != .quiet && isatty(STDERR_FILENO) == 1
    columns = Self.terminalColumns
  }

  mutating func observe(_ event: Experiment.Event) throws {
    switch event {
    case .start(let arm, let isTeacher, let imageCount):
      self.arm = arm
      self.isTeacher = isTeacher
      start = .now
      lastDrawing = nil
      if style == .tutorial && isTeacher { print("Training a teacher on \(imageCount) hard labels") }
      if style == .tutorial && !isTeacher && arm.labels == .soft { print("Training on \(imageCount) soft labels") }
    case .training(.progress(let progress)):
      draw(progress)
    case .training(.loss(let epoch, let step, let mean)):
      if style == .tutorial {
        clear()
        print(TutorialLog.loss(epoch: epoch, step: step, mean: mean))
        // Seen at once, also through a pipe.
        fflush(nil)
      }
      try metrics?.append(
        MetricsLine.train(epoch: epoch, step: step, loss: mean, arm: namedArm, isTeacher: isTeacher))
    case .training(.epochEnd), .trained: break
    case .evaluation(let evaluation):
      clear()
      if style == .comparison, let arm {
        let seconds = String(format: "%.1f", elapsed)
        standardError("\(arm.labels.rawValue), seed \(arm.seed): trained and tested in \(seconds) s")
      }
      try metrics?.append(MetricsLine.evaluate(evaluation, split: "test", arm: namedArm))
    }
  }

  /// Takes the progress bar off the screen.
  func clear() {
    if showsProgress { draw("\r\u{1B}[K") }
  }

  private var namedArm: Experiment.Arm? { namesArms ? arm : nil }

  private var elapsed: Double {
    let duration = start.duration(to: .now).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }

  private mutating func draw(_ progress: TrainingProgress) {
    guard showsProgress else { return }
    // Some twenty pictures a second are enough for anybody.
    if let lastDrawing, lastDrawing.duration(to: .now) < .milliseconds(50) { return }
    lastDrawing = .now
    let label = (isTeacher ? "teacher" : arm?.labels.rawValue ?? "").padding(toLength: 7, withPad: " ", startingAt: 0)
    let line = ProgressBar.line(label, progress, seconds: elapsed, width: columns)
    draw("\r\(line)\u{1B}[K")
  }

  /// Nobody misses a progress bar that cannot be drawn.
  private func draw(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  private static var terminalColumns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
