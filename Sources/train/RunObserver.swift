import Foundation
import MartletData
import MartletReports
import MartletTraining

/// Shows what happens: progress bars or plain lines, the tutorial's log, and the metrics file.
struct RunObserver {
  /// How much to print.
  enum Style {
    /// The tutorial's lines on standard output.
    case tutorial
    /// A line for each finished trial on standard error; the table comes later.
    case comparison
    /// Nothing.
    case quiet
  }

  /// What is known of a training under way.
  private struct Training {
    var isTeacher: Bool
    let start = ContinuousClock.now
  }

  private let style: Style
  /// Whether lines say which trial they belong to: where there are several.
  private let namesTrials: Bool
  /// The labels of each recipe.
  private let labels: [String: LabelMode]
  private let metrics: MetricsFile?
  private var lines: TerminalLines
  private var trainings: [Trial: Training] = [:]
  private var trialStarts: [Trial: ContinuousClock.Instant] = [:]

  init(
    style: Style, namesTrials: Bool, labels: [String: LabelMode], metricsPath: String?, done: [Trial] = []
  ) throws {
    self.style = style
    self.labels = labels
    self.namesTrials = namesTrials
    metrics = try metricsPath.map { try MetricsFile(path: $0, keeping: done) }
    lines = TerminalLines(isWanted: style != .quiet)
  }

  /// Shows `event`, which happened to `trial`.
  mutating func observe(_ trial: Trial, _ event: TrialEvent) throws {
    let (named, mode) = (namesTrials ? trial : nil, labels[trial.recipe])
    switch event {
    case .start(_, let isTeacher, let imageCount):
      trainings[trial] = Training(isTeacher: isTeacher)
      if trialStarts[trial] == nil { trialStarts[trial] = .now }
      if style == .tutorial && isTeacher { print("Training a teacher on \(imageCount) hard labels") }
      if style == .tutorial && !isTeacher && mode == .soft { print("Training on \(imageCount) soft labels") }
    case .training(.progress(let progress)): draw(progress, trial)
    case .training(.loss(let epoch, let step, let mean)):
      if style == .tutorial {
        lines.clear()
        print(TutorialLog.loss(epoch: epoch, step: step, mean: mean))
        // Seen at once, also through a pipe.
        fflush(nil)
      }
      try metrics?.append(
        MetricsLine.train(
          epoch: epoch, step: step, loss: mean, trial: named, labels: mode?.rawValue,
          isTeacher: trainings[trial]?.isTeacher ?? false))
    case .point(_, let point): try metrics?.append(MetricsLine.point(point, trial: named, labels: mode?.rawValue))
    case .training(.validation(let point, _)):
      let isTeacher = trainings[trial]?.isTeacher ?? false
      if style == .tutorial {
        lines.clear()
        print(TutorialLog.validation(point))
      }
      try metrics?.append(
        MetricsLine.validate(point, trial: named, labels: mode?.rawValue, isTeacher: isTeacher))
    case .training(.epochEnd), .trained, .softLabels: break
    case .result(let result):
      lines.remove(trial)
      if style == .comparison {
        lines.clear()
        let elapsed = trialStarts[trial].map { $0.duration(to: .now).inSeconds } ?? 0
        standardError("\(trial.recipe), seed \(trial.seed): trained and tested in \(String(format: "%.1f", elapsed)) s")
      }
      try metrics?.append(
        MetricsLine.evaluate(
          result.evaluation, split: "test", views: result.testTimeAugmentation, plainAccuracy: result.plainAccuracy,
          trial: named, labels: mode?.rawValue))
    }
  }

  /// Takes the progress bars off the screen.
  mutating func clear() { lines.clear() }

  private mutating func draw(_ progress: TrainingProgress, _ trial: Trial) {
    guard lines.isDue(for: trial), let training = trainings[trial] else { return }
    let name = namesTrials ? "\(trial.recipe), seed \(trial.seed)" : trial.recipe
    let label = training.isTeacher ? "teacher of \(name)" : name
    let line = ProgressBar.line(
      label.padding(toLength: max(7, label.count), withPad: " ", startingAt: 0), progress,
      seconds: training.start.duration(to: .now).inSeconds, width: lines.columns, isColored: lines.isColored)
    lines.set(line, for: trial)
  }
}
