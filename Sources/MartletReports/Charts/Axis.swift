import Foundation

/// A linear scale: the range it shows, its round numbers, and where a value is drawn.
struct Axis: Sendable {
  /// The least and the greatest value that the axis shows.
  let range: ClosedRange<Double>

  /// The round numbers in the range, lowest first.
  let ticks: [Double]

  private let step: Double
  private let decimals: Int
  private let start: Double
  private let end: Double

  /// An axis that shows all `values` that can be drawn.
  ///
  /// - Parameters:
  ///   - values: what to show; without any, the axis goes from 0 to 1, and around a single one it leaves some room.
  ///   - start: where the least value is drawn.
  ///   - end: where the greatest value is drawn.
  ///   - tickLimit: the most round numbers; three are always allowed.
  ///   - endsAtTicks: whether the range is widened until it begins and ends at round numbers.
  ///   - limits: values beyond these cannot occur, so the room around a single value ends there.
  init(
    _ values: [Double], from start: Double, to end: Double, tickLimit: Int = 6, endsAtTicks: Bool = true,
    limits: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) {
    let shown = values.filter(Self.canShow)
    // Between epochs 1 and 2 there is nothing to label.
    let isWhole = !shown.isEmpty && shown.allSatisfy { $0 == $0.rounded() }
    let bounds = Self.bounds(shown, isWhole: isWhole, limits: limits)
    let (step, decimals) = Self.step(bounds, tickLimit: max(3, tickLimit), isWhole: isWhole, endsAtTicks: endsAtTicks)
    let indices = Self.indices(bounds, step: step, outside: endsAtTicks)
    ticks = indices.map { Double($0) * step }
    range =
      if endsAtTicks {
        Double(indices.lowerBound) * step...Double(indices.upperBound) * step
      } else {
        bounds
      }
    self.step = step
    self.decimals = decimals
    self.start = start
    self.end = end
  }

  /// Whether a value can be drawn: it is finite, and not so great that differences overflow.
  static func canShow(_ value: Double) -> Bool { value.magnitude < 1e300 }

  /// Where `value` is drawn.
  func position(_ value: Double) -> Double {
    start + (value - range.lowerBound) / (range.upperBound - range.lowerBound) * (end - start)
  }

  /// A round number as text, with as many decimals as the steps between round numbers need.
  func label(_ tick: Double) -> String {
    let greatest = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    let text =
      if greatest < 1e6 && decimals <= 5 {
        fixed(tick, decimals)
      } else {
        String(format: "%.\(Int(log10(greatest / step).rounded(.up)) + 1)g", tick)
      }
    return text.replacing("-", with: "−")
  }

  /// All round numbers as text.
  var labels: [String] { ticks.map(label) }

  /// The width of the widest label.
  var labelWidth: Double { labels.map(SVG.width(of:)).max() ?? 0 }

  private static func bounds(
    _ values: [Double], isWhole: Bool, limits: ClosedRange<Double>
  ) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max() else { return 0...1 }
    let magnitude = max(low.magnitude, high.magnitude)
    // So small a range would need labels of more digits than a number has.
    guard high - low <= max(magnitude * 1e-9, 1e-100) else { return low...high }
    let room = isWhole && magnitude < 1e6 ? 1 : max(magnitude * 0.1, 1e-9)
    let widened = (low - room...high + room).clamped(to: limits)
    return widened.upperBound > widened.lowerBound ? widened : low - room...high + room
  }

  /// The smallest of 1, 2, 2.5 and 5 times a power of ten that gives no more than `tickLimit` round numbers.
  private static func step(
    _ bounds: ClosedRange<Double>, tickLimit: Int, isWhole: Bool, endsAtTicks: Bool
  ) -> (step: Double, decimals: Int) {
    let span = bounds.upperBound - bounds.lowerBound
    let exponent = Int(log10(span / Double(tickLimit)).rounded(.down))
    for exponent in exponent...exponent + 2 {
      for factor in [1, 2, 2.5, 5] {
        let step = factor * pow(10, Double(exponent))
        if isWhole && step.rounded() != step { continue }
        if indices(bounds, step: step, outside: endsAtTicks).count <= tickLimit {
          return (step, max(0, factor == 2.5 ? 1 - exponent : -exponent))
        }
      }
    }
    // Not reached: the last step above is wider than the range.
    return (max(1, span), 0)
  }

  /// Which multiples of `step` lie in `bounds`, or the fewest that enclose it.
  private static func indices(_ bounds: ClosedRange<Double>, step: Double, outside: Bool) -> ClosedRange<Int> {
    // A hair of tolerance, because 0.3 / 0.1 is a little less than 3.
    let hair = outside ? 1e-6 : -1e-6
    let first = (bounds.lowerBound / step + hair).rounded(outside ? .down : .up)
    let last = (bounds.upperBound / step - hair).rounded(outside ? .up : .down)
    return Int(first)...max(Int(first), Int(last))
  }
}
