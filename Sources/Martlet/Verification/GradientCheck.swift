import Requirements

/// What ``checkGradient(of:logits:targets:tolerance:)`` and
/// ``checkGradient(of:inputShape:rows:seed:tolerance:)`` found: whether a gradient is the derivative of its value.
public struct GradientCheck: Sendable, CustomStringConvertible {
  /// One element of a gradient.
  public struct Element: Sendable, Hashable, CustomStringConvertible {
    /// What the gradient is of: `logits`, `input`, or a parameter's name.
    public let quantity: String
    /// The element's place in it.
    public let index: Int
    /// The row of logits it belongs to, and its place in the row, where there are rows.
    public let rowAndColumn: [Int]?
    /// What the code under test says.
    public let found: Float
    /// What differences of the value say.
    public let expected: Double
    /// How far apart they are, relative to the largest element of the gradient.
    public let error: Double

    /// Where it is, both numbers, and how far apart they are.
    public var description: String {
      let place = rowAndColumn.map { "row \($0[0]), class \($0[1])" } ?? "element \(index)"
      return "\(quantity), \(place): the gradient says \(found), but the value changes by \(expected): off by "
        + "\(abs(Double(found) - expected)), \(error) of the largest element."
    }
  }

  /// The element with the largest error; nil if none could be checked.
  public let worst: Element?
  /// The elements that were checked.
  public let checkedCount: Int
  /// The elements at which differences say nothing, since the value has a kink there or is NaN.
  public let undecidedCount: Int
  /// The largest error allowed.
  public let tolerance: Double

  /// Whether all elements agree within the tolerance, and nearly all could be checked.
  public var isCorrect: Bool {
    guard let worst else { return checkedCount + undecidedCount == 0 }
    return worst.error <= tolerance && undecidedCount * 10 <= checkedCount + undecidedCount
  }

  /// The verdict in a sentence or two, with the worst element.
  public var description: String {
    let kinks =
      undecidedCount == 0
      ? ""
      : " \(undecidedCount) could not be checked: the value has a kink there, is NaN, or is too coarse for its gradient."
    if let worst, worst.error > tolerance { return "The gradient is wrong. \(worst)\(kinks)" }
    let verdict = "The gradient agrees with the value at \(checkedCount) elements, to \(worst?.error ?? 0)."
    return isCorrect ? verdict + kinks : "Nothing is proved.\(kinks) \(verdict)"
  }

  /// Puts the elements of several quantities together.
  init(_ quantities: [(elements: [Element], undecidedCount: Int)], tolerance: Double) {
    let elements = quantities.flatMap(\.elements)
    worst = elements.max { $0.error < $1.error }
    checkedCount = elements.count
    undecidedCount = quantities.reduce(0) { $0 + $1.undecidedCount }
    self.tolerance = tolerance
  }

  /// Compares `gradient` with differences of `value` around `point`.
  ///
  /// - Parameter rounding: how far a value may be off by being rounded.
  static func compare(
    _ quantity: String, _ gradient: [Float], at point: [Float], columns: Int?, tolerance: Double, rounding: Double,
    value: (_ point: [Float], _ index: Int) -> Double
  ) -> (elements: [Element], undecidedCount: Int) {
    let slopes = point.indices.map { index in
      Slope(at: point[index]) { x in
        var moved = point
        moved[index] = x
        return value(moved, index)
      }
    }
    // Errors are relative to the largest element, or to what rounded values can tell of it.
    let visible = max(1e-3, 4 * rounding / Slope.smallestStep / tolerance)
    let scale = slopes.lazy.map { abs($0.value) }.filter(\.isFinite).reduce(visible, max)
    var elements: [Element] = []
    for (index, slope) in slopes.enumerated() where slope.uncertainty <= tolerance * scale {
      let error = abs(Double(gradient[index]) - slope.value) / scale
      elements.append(
        Element(
          quantity: quantity, index: index, rowAndColumn: columns.map { [index / $0, index % $0] },
          found: gradient[index], expected: slope.value, error: error.isNaN ? .infinity : error))
    }
    return (elements, slopes.count - elements.count)
  }
}

/// Whether the gradient of `loss` is the derivative of its value, at the given logits.
///
/// ```swift
/// let check = checkGradient(
///   of: CrossEntropy(labelSmoothing: 0.1), logits: [1, -2, 0.5],
///   targets: try .classIndices([2], classCount: 3))
/// print(check.isCorrect)  // true
/// print(check)            // The gradient agrees with the value at 3 elements, to …
/// ```
///
/// Values are compared at points around each logit, in the loss's own single precision, so differences are good to some four
/// digits. An element at a kink of the value is left out, and counted.
///
/// - Parameters:
///   - loss: the loss.
///   - logits: (rows, classes).
///   - targets: one for each row, without positions.
///   - tolerance: the largest difference allowed, relative to the largest element of the gradient.
public func checkGradient(
  of loss: some Loss, logits: [Float], targets: Targets, tolerance: Double = 1e-3
) -> GradientCheck {
  require(targets.positions.count == 1, "A gradient is checked on rows; give one target a row, without positions.")
  let classCount = targets.classCount
  let values = loss.evaluate(logits: logits, targets: targets)
  let rounding = values.rows.lazy.filter(\.isFinite).map { Double($0.ulp) }.max() ?? 0
  let result = GradientCheck.compare(
    "logits", values.rowGradients, at: logits, columns: classCount, tolerance: tolerance, rounding: rounding
  ) { point, index in
    // A row's value does not depend on the other rows.
    let row = index / classCount
    guard !targets.isIgnored(row) else { return 0 }
    var unused = [Float](repeating: .nan, count: classCount)
    var span = unused.mutableSpan
    return Double(
      loss.evaluate(
        logits: point.span.extracting(row * classCount..<(row + 1) * classCount), target: targets.target(at: row),
        gradient: &span))
  }
  return GradientCheck([result], tolerance: tolerance)
}

/// Whether the gradients of `layer`, by its input and by its parameters, are derivatives of its output.
///
/// ```swift
/// let check = try checkGradient(of: Conv2d(2, 3, kernelSize: 3), inputShape: [2, 5, 5])
/// print(check.isCorrect)  // true
/// ```
///
/// Input, parameters and what comes from above are random numbers from −1 to 1. Outputs are compared at points around each
/// element, in the layer's own single precision, so differences are good to some four digits. An element at a kink is left
/// out, and counted. Parameters' gradients are asked for unit by unit. The layer is also run once as in a network that is not being
/// trained. Small shapes are enough, and fast.
///
/// - Parameters:
///   - layer: the layer.
///   - inputShape: the shape of one input.
///   - rows: the number of inputs.
///   - seed: the seed of the random numbers.
///   - tolerance: the largest difference allowed, relative to the largest element of a gradient.
/// - Throws: ``ShapeError`` if the layer does not take inputs of that shape.
public func checkGradient(
  of layer: some Layer, inputShape: Shape, rows: Int = 2, seed: UInt64 = 0, tolerance: Double = 1e-3
) throws(ShapeError) -> GradientCheck {
  let minimum = layer.minimumRows(for: inputShape)
  require(rows >= minimum, "This layer's gradient can be checked with \(minimum) rows or more, not \(rows).")
  let runner = try LayerRunner(layer, inputShape: inputShape, rows: rows)
  let source = RandomSource(seed: seed)
  func random(_ count: Int, _ name: String) -> [Float] {
    (0..<count).map { source.stream(name).uniform(at: $0) * 2 - 1 }
  }
  let input = random(rows * inputShape.count, "input")
  let parameters = random(runner.specifications.reduce(0) { $0 + $1.shape.count }, "parameters")
  let coefficients = random(rows * runner.outputShape.count, "coefficients")
  func weighted(_ output: [Float]) -> Double {
    zip(output, coefficients).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  // A layer that saves for the way back where there is none shows it here.
  _ = try LayerRunner(layer, inputShape: inputShape, rows: rows, isTraining: false)
    .forward(input: input, parameters: parameters)
  var results = [
    GradientCheck.compare(
      "input", runner.backward(input: input, parameters: parameters, outputGradient: coefficients), at: input,
      columns: nil, tolerance: tolerance, rounding: 0
    ) { point, _ in weighted(runner.forward(input: point, parameters: parameters)) }
  ]
  var offset = 0
  for (index, specification) in runner.specifications.enumerated() {
    let range = offset..<offset + specification.shape.count
    offset = range.upperBound
    // Statistics are measured, not trained.
    if specification.role == .statistic { continue }
    results.append(
      GradientCheck.compare(
        specification.name,
        runner.gradient(
          ofParameter: index, input: input, parameters: parameters, outputGradient: coefficients, unitsAtOnce: 1),
        at: Array(parameters[range]), columns: nil, tolerance: tolerance, rounding: 0
      ) { point, _ in
        var moved = parameters
        moved.replaceSubrange(range, with: point)
        return weighted(runner.forward(input: input, parameters: moved))
      })
  }
  return GradientCheck(results, tolerance: tolerance)
}
