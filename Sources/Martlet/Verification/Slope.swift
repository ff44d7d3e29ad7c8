/// The derivative of a function of one number, out of its values, and how far it can be trusted.
///
/// Central differences with steps that halve, extrapolated to a step of 0; of all estimates the one that its neighbours agree
/// with best. Ridders, "Accurate computation of F′(x) and F′(x)F″(x)" (1982).
struct Slope {
  let value: Double
  /// How far the estimate's neighbours are from it; infinite if the function is NaN around here.
  let uncertainty: Double

  private static let firstStep: Float = 0.25
  private static let levels = 6
  /// The last of the steps, each half of the one before.
  static let smallestStep = Double(firstStep) / Double(1 << (levels - 1))

  init(at x: Float, of function: (Float) -> Double) {
    var (best, uncertainty) = (Double.nan, Double.infinity)
    var previous: [Double] = []
    var step = Self.firstStep
    let center = function(x)
    var (bend, previousBend) = (0.0, 0.0)
    for level in 0..<Self.levels {
      let (above, below) = (x + step, x - step)
      let (valueAbove, valueBelow) = (function(above), function(below))
      var row = [(valueAbove - valueBelow) / (Double(above) - Double(below))]
      previousBend = bend
      bend = abs(
        (valueAbove - center) / (Double(above) - Double(x)) - (center - valueBelow) / (Double(x) - Double(below)))
      // The error is even in the step: each column takes out another power of its square.
      var factor = 4.0
      for column in 0..<level {
        row.append((row[column] * factor - previous[column]) / (factor - 1))
        let distance = max(abs(row[column + 1] - row[column]), abs(row[column + 1] - previous[column]))
        if distance < uncertainty { (best, uncertainty) = (row[column + 1], distance) }
        factor *= 4
      }
      previous = row
      step /= 2
    }
    // With a kink nearby, estimates may agree by chance, but not with the one from the smallest step.
    if let smallest = previous.first { uncertainty = max(uncertainty, abs(best - smallest)) }
    // What the slopes on both sides differ by goes to 0 with the step, unless there is a kink right here.
    if bend > 0.75 * previousBend { uncertainty = max(uncertainty, bend / 2) }
    (value, self.uncertainty) = (best, uncertainty)
  }
}
