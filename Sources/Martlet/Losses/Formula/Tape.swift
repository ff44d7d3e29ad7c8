import Requirements

/// What a formula has computed for one row, in order, so that its gradient can be computed backwards.
///
/// In double precision. Memory is kept from row to row: nothing is allocated once the longest row has been seen.
struct Tape {
  enum Operation {
    /// A number or vector that came from outside.
    case input
    case add, subtract, multiply, divide, maximum
    case exponential, logarithm, magnitude, sigmoid, softplus
    /// xᶜ, with c in `constant`.
    case power
    case softmax, logSoftmax
    case sum, largest
    /// Element `second`.
    case element
    /// The same numbers, through which no gradient goes.
    case detached
  }

  private struct Node {
    let operation: Operation
    /// The operands' nodes; `second` is also the place of an `element`.
    let first: Int
    let second: Int
    let constant: Double
    /// The values' place, (count).
    let range: Range<Int>
    /// Whether it depends on the logits.
    let needsGradient: Bool
  }

  /// Counts rows, so that a variable of an earlier row is noticed.
  private(set) var generation = 0
  private var nodes: [Node] = []
  /// All nodes' values, one behind the other.
  private var values: [Double] = []
  /// ∂result/∂value for each value.
  private var gradients: [Double] = []

  /// Forgets everything, and keeps the memory.
  mutating func begin() {
    generation += 1
    nodes.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
  }

  /// The number of values of a node.
  func count(of node: Int) -> Int { nodes[node].range.count }

  // MARK: - Forward

  /// The logits, by which the result is differentiated.
  mutating func append(_ logits: Span<Float>) -> Int {
    let start = values.count
    for index in logits.indices { values.append(Double(logits[index])) }
    return append(.input, start: start, needsGradient: true)
  }

  /// A target, which is a constant.
  mutating func append(_ target: borrowing Target, classCount: Int) -> Int {
    let start = values.count
    for index in 0..<classCount { values.append(Double(target.probability(of: index))) }
    return append(.input, start: start, needsGradient: false)
  }

  /// One number, which is a constant.
  mutating func append(_ constant: Double) -> Int {
    values.append(constant)
    return append(.input, start: values.count - 1, needsGradient: false)
  }

  /// Makes a node of the values since `start`.
  private mutating func append(
    _ operation: Operation, first: Int = -1, second: Int = -1, constant: Double = 0, start: Int, needsGradient: Bool
  ) -> Int {
    nodes.append(
      Node(
        operation: operation, first: first, second: second, constant: constant, range: start..<values.count,
        needsGradient: needsGradient))
    return nodes.count - 1
  }

  /// An operation on two operands, element by element; a single number goes with every element.
  mutating func apply(_ operation: Operation, _ first: Int, _ second: Int) -> Int {
    let (a, b) = (nodes[first], nodes[second])
    require(
      a.range.count == b.range.count || a.range.count == 1 || b.range.count == 1,
      "A formula cannot combine \(a.range.count) numbers with \(b.range.count).")
    let start = values.count
    let (stepA, stepB) = (a.range.count == 1 ? 0 : 1, b.range.count == 1 ? 0 : 1)
    for index in 0..<max(a.range.count, b.range.count) {
      let (x, y) = (values[a.range.lowerBound + index * stepA], values[b.range.lowerBound + index * stepB])
      let value: Double =
        switch operation {
        case .add: x + y
        case .subtract: x - y
        case .multiply: Self.product(x, y, a, b)
        case .divide: x / y
        default: max(x, y)
        }
      values.append(value)
    }
    return append(
      operation, first: first, second: second, start: start, needsGradient: a.needsGradient || b.needsGradient)
  }

  /// A constant 0 times anything is 0: a class without probability contributes nothing, also at a logit of −∞.
  private static func product(_ x: Double, _ y: Double, _ a: Node, _ b: Node) -> Double {
    (x == 0 && !a.needsGradient) || (y == 0 && !b.needsGradient) ? 0 : x * y
  }

  /// An operation on each element by itself, or on a whole row.
  mutating func apply(_ operation: Operation, _ first: Int, constant: Double = 0, element: Int = -1) -> Int {
    let operand = nodes[first]
    let start = values.count
    switch operation {
    case .sum:
      var sum = 0.0
      for index in operand.range { sum += values[index] }
      values.append(sum)
    case .largest: values.append(values[largest(of: operand)])
    case .element:
      require(
        element >= 0 && element < operand.range.count, "There is no element \(element) among \(operand.range.count).")
      values.append(values[operand.range.lowerBound + element])
    case .softmax, .logSoftmax:
      let best = largest(of: operand)
      let maximum = values[best]
      var others = maximum.isInfinite ? Double.nan : 0
      for index in operand.range where index != best { others += (values[index] - maximum).exponential }
      let logSum = others.logOnePlus
      for index in operand.range {
        let logProbability = values[index] - maximum - logSum
        values.append(operation == .softmax ? logProbability.exponential : logProbability)
      }
      if operation == .logSoftmax {
        // Behind the node's own values, for the way back: 1 − softmax at the best element.
        let node = append(operation, first: first, start: start, needsGradient: operand.needsGradient)
        values.append(others / (1 + others))
        return node
      }
    default:
      for index in operand.range {
        let x = values[index]
        let value: Double =
          switch operation {
          case .exponential: x.exponential
          case .logarithm: x.naturalLogarithm
          case .magnitude: abs(x)
          case .sigmoid: x.logisticSigmoid
          case .softplus: x.softplus
          case .power: x.raised(to: constant)
          default: x
          }
        values.append(value)
      }
    }
    return append(
      operation, first: first, second: element, constant: constant, start: start,
      needsGradient: operand.needsGradient && operation != .detached)
  }

  /// The place of a node's largest value, the first of several.
  private func largest(of node: Node) -> Int {
    var best = node.range.lowerBound
    for index in node.range where values[index] > values[best] { best = index }
    return best
  }

  // MARK: - Backward

  /// The value of `result`, one number, and its derivatives by the logits, which are node 0.
  mutating func finish(_ result: Int, gradient: inout MutableSpan<Float>) -> Float {
    let range = nodes[result].range
    require(
      range.count == 1, "A formula ends in one number, not in \(range.count): add them up with .sum() or .mean().")
    gradients.removeAll(keepingCapacity: true)
    for _ in values { gradients.append(0) }
    gradients[range.lowerBound] = 1
    for index in nodes.indices.reversed() where nodes[index].needsGradient { propagate(nodes[index]) }
    for index in gradient.indices { gradient[index] = Float(gradients[nodes[0].range.lowerBound + index]) }
    return Float(values[range.lowerBound])
  }

  /// Passes a node's gradient on to its operands.
  private mutating func propagate(_ node: Node) {
    guard node.first >= 0 else { return }
    let a = nodes[node.first]
    let base = a.range.lowerBound
    let start = node.range.lowerBound
    switch node.operation {
    case .input, .detached: break
    case .add, .subtract, .multiply, .divide, .maximum: propagate(node, a, nodes[node.second])
    case .sum: for index in a.range { gradients[index] += gradients[start] }
    case .largest: gradients[largest(of: a)] += gradients[start]
    case .element: gradients[base + node.second] += gradients[start]
    case .softmax:
      var sum = 0.0
      for index in node.range { sum += gradients[index] * values[index] }
      for offset in 0..<a.range.count {
        gradients[base + offset] += values[start + offset] * (gradients[start + offset] - sum)
      }
    case .logSoftmax:
      var sum = 0.0
      for index in node.range { sum += gradients[index] }
      let best = largest(of: a) - base
      let doubt = values[node.range.upperBound]
      for offset in 0..<a.range.count {
        let gradient = gradients[start + offset]
        // As `RowSoftmax.excess`, to the last bit: at a confident element, the two cancel.
        gradients[base + offset] +=
          offset == best ? gradient - sum + doubt * sum : gradient - values[start + offset].exponential * sum
      }
    case .exponential, .logarithm, .magnitude, .sigmoid, .softplus, .power:
      for offset in 0..<a.range.count {
        let (x, y) = (values[base + offset], values[start + offset])
        let slope: Double =
          switch node.operation {
          case .exponential: y
          case .logarithm: 1 / x
          case .magnitude: x > 0 ? 1 : x < 0 ? -1 : 0
          case .sigmoid: y * (1 - y)
          case .softplus: x.logisticSigmoid
          default: node.constant == 0 ? 0 : node.constant * x.raised(to: node.constant - 1)
          }
        gradients[base + offset] += Martlet.product(gradients[start + offset], slope)
      }
    }
  }

  /// Passes the gradient of an operation on two operands on to those that need it.
  private mutating func propagate(_ node: Node, _ a: Node, _ b: Node) {
    let (stepA, stepB) = (a.range.count == 1 ? 0 : 1, b.range.count == 1 ? 0 : 1)
    for offset in 0..<node.range.count {
      let (placeA, placeB) = (a.range.lowerBound + offset * stepA, b.range.lowerBound + offset * stepB)
      let (x, y, gradient) = (values[placeA], values[placeB], gradients[node.range.lowerBound + offset])
      let slopes: (Double, Double) =
        switch node.operation {
        case .add: (1, 1)
        case .subtract: (1, -1)
        case .multiply: (y, x)
        case .divide: (1 / y, -x / (y * y))
        default: x >= y ? (1, 0) : (0, 1)
        }
      if a.needsGradient { gradients[placeA] += Martlet.product(gradient, slopes.0) }
      if b.needsGradient { gradients[placeB] += Martlet.product(gradient, slopes.1) }
    }
  }
}
