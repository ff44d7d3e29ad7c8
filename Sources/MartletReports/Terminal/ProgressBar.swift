import Foundation
public import MartletTraining

/// One line that says how far training has come.
public enum ProgressBar {
  /// `hard    epoch 1/2 ━━━━━━━━━────────── 45 %  12,345 images/s  loss 2.212  3 s left`.
  ///
  /// - Parameters:
  ///   - label: what is trained.
  ///   - progress: how far it has come.
  ///   - seconds: the time since training started.
  ///   - width: the terminal's columns; the line is shorter.
  ///   - isColored: whether the part of the bar that is done has a colour.
  public static func line(
    _ label: String, _ progress: TrainingProgress, seconds: Double, width: Int = 80, isColored: Bool = false
  ) -> String {
    let percent = Int((progress.fraction * 100).rounded(.down))
    let rate = Double(progress.images) / max(seconds, 1e-9)
    let left = seconds * (1 / max(progress.fraction, 1e-9) - 1)
    let head = "\(label) epoch \(progress.epoch)/\(progress.epochs) "
    let share = String(format: " %3d %%", percent)
    // What a narrow terminal has no room for is left out, from the right.
    let details = [
      "  \(grouped(Int(rate))) images/s", "  loss \(fixed(progress.loss, 3))", "  \(time(left)) left",
    ]
    var tail = share
    for detail in details where head.count + tail.count + detail.count < width { tail += detail }
    let room = min(30, width - head.count - tail.count - 1)
    guard room >= 5 else { return String((head + tail).prefix(max(0, width - 1))) }
    let filled = Int(progress.fraction * Double(room))
    let done = String(repeating: "━", count: filled)
    return head + (isColored ? "\u{1B}[36m\(done)\u{1B}[0m" : done) + String(repeating: "─", count: room - filled)
      + tail
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
  }
}
