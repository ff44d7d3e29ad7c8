import FMAPeak
import FMAPeak512
import Kernels
import Martlet
import Synchronization

/// Seconds that `body` takes.
func seconds(_ body: () -> Void) -> Double { ContinuousClock().measure(body) / .seconds(1) }

/// The middle one of some values, or the mean of the two in the middle.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Runs `body` as often as it takes for about `duration` seconds, and returns the seconds of one run.
func secondsEach(for duration: Double, _ body: () -> Void) -> Double {
  body()
  var count = 1
  while true {
    let time = seconds { for _ in 0..<count { body() } }
    if time >= duration || count >= 1 << 30 { return time / Double(count) }
    count = max(count * 2, min(count * 100, Int(Double(count) * duration / max(time, 1e-9) * 1.1)))
  }
}

/// The floating-point operations a second that `team` reaches when it does nothing but multiply and add.
func measurePeak(_ team: ThreadTeam, duration: Double = 0.05) -> Double {
  let rounds = 100_000
  // The peak of the instruction set in use: other sets may have less.
  let isWide = InstructionSet.current == .avx512
  let work = PeakWork(rounds: rounds, isWide: isWide)
  let time = secondsEach(for: duration) { team.run(work) }
  return Double(rounds * (isWide ? operationsPerRound512 : operationsPerRound) * team.threadCount) / time
}

private struct PeakWork: TeamWork {
  let rounds: Int
  let isWide: Bool
  static let sink = Mutex<Float>(0)

  func run(as member: TeamMember) {
    let sum = isWide ? multiplyAndAdd512(rounds: rounds) : multiplyAndAdd(rounds: rounds)
    Self.sink.withLock { $0 = sum }
  }
}

/// Text in columns, right-aligned.
func row(_ cells: [String], widths: [Int]) -> String {
  zip(cells, widths).map { cell, width in String(repeating: " ", count: max(0, width - cell.count)) + cell }
    .joined(separator: "  ")
}

/// A number with thousands separated and `digits` decimals.
func number(_ value: Double, digits: Int = 0) -> String {
  guard value.isFinite else { return "-" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (value.magnitude * scale).rounded()
  let whole = String(Int(scaled / scale))
  var grouped = ""
  for (index, digit) in whole.enumerated() {
    if index > 0, (whole.count - index) % 3 == 0 { grouped += "," }
    grouped.append(digit)
  }
  if digits > 0 {
    let rest = String(Int(scaled) % Int(scale))
    grouped += "." + String(repeating: "0", count: digits - rest.count) + rest
  }
  return (value < 0 ? "-" : "") + grouped
}
