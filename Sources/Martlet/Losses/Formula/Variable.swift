import Requirements

/// A number or a row of numbers in a formula, of which a ``FormulaLoss`` takes the derivative.
///
/// Variables are combined with `+ - * /`, with numbers, and with the functions `exp`, `log`, `pow`, `abs`, `max`, `sigmoid`,
/// `softplus`, `softmax` and `logSoftmax`, all element by element but for the last two, which take a whole row. A single
/// number goes with every element of a row. `sum()`, `mean()`, `max()` and `[index]` make one number of a row, and
/// `detached()` makes a constant of anything.
///
/// Everything is computed in double precision. A constant 0 times anything is 0. A variable lives for one row: it must not be
/// kept.
public struct Variable {
  private let recorder: TapeRecorder
  private let node: Int
  private let generation: Int

  init(_ recorder: TapeRecorder, node: Int) {
    self.recorder = recorder
    self.node = node
    generation = recorder.tape.generation
  }

  /// The number of elements: that of the classes for logits and target, 1 for a single number.
  public var count: Int { recorder.tape.count(of: checkedNode) }

  /// The node, if it is of the row that is being computed.
  var checkedNode: Int {
    require(
      generation == recorder.tape.generation, "This variable belongs to an earlier row; a formula must not keep any.")
    return node
  }

  func finish(gradient: inout MutableSpan<Float>) -> Float { recorder.tape.finish(checkedNode, gradient: &gradient) }

  /// The sum of all elements.
  public func sum() -> Variable { apply(.sum) }

  /// The mean of all elements.
  public func mean() -> Variable { sum() / Double(count) }

  /// The largest element, the first of several.
  public func max() -> Variable { apply(.largest) }

  /// The element at `index`.
  public subscript(index: Int) -> Variable { apply(.element, element: index) }

  /// The same numbers as a constant: no gradient goes through them.
  public func detached() -> Variable { apply(.detached) }

  fileprivate func apply(_ operation: Tape.Operation, constant: Double = 0, element: Int = -1) -> Variable {
    let node = checkedNode
    return Variable(recorder, node: recorder.tape.apply(operation, node, constant: constant, element: element))
  }

  fileprivate func apply(_ operation: Tape.Operation, _ other: Variable) -> Variable {
    require(recorder === other.recorder, "These variables belong to two formulas.")
    let (first, second) = (checkedNode, other.checkedNode)
    return Variable(recorder, node: recorder.tape.apply(operation, first, second))
  }

  fileprivate func constant(_ value: Double) -> Variable {
    _ = checkedNode
    return Variable(recorder, node: recorder.tape.append(value))
  }

  /// The sum, element by element.
  public static func + (a: Variable, b: Variable) -> Variable { a.apply(.add, b) }
  /// Each element plus a number.
  public static func + (a: Variable, b: Double) -> Variable { a + a.constant(b) }
  /// A number plus each element.
  public static func + (a: Double, b: Variable) -> Variable { b.constant(a) + b }
  /// The difference, element by element.
  public static func - (a: Variable, b: Variable) -> Variable { a.apply(.subtract, b) }
  /// Each element minus a number.
  public static func - (a: Variable, b: Double) -> Variable { a - a.constant(b) }
  /// A number minus each element.
  public static func - (a: Double, b: Variable) -> Variable { b.constant(a) - b }
  /// The product, element by element.
  public static func * (a: Variable, b: Variable) -> Variable { a.apply(.multiply, b) }
  /// Each element times a number.
  public static func * (a: Variable, b: Double) -> Variable { a * a.constant(b) }
  /// A number times each element.
  public static func * (a: Double, b: Variable) -> Variable { b.constant(a) * b }
  /// The quotient, element by element.
  public static func / (a: Variable, b: Variable) -> Variable { a.apply(.divide, b) }
  /// Each element divided by a number.
  public static func / (a: Variable, b: Double) -> Variable { a / a.constant(b) }
  /// A number divided by each element.
  public static func / (a: Double, b: Variable) -> Variable { b.constant(a) / b }
  /// The negative of each element.
  public static prefix func - (a: Variable) -> Variable { a * -1 }
}

/// eˣ of each element.
public func exp(_ x: Variable) -> Variable { x.apply(.exponential) }

/// The natural logarithm of each element.
public func log(_ x: Variable) -> Variable { x.apply(.logarithm) }

/// Each element to the power of `exponent`.
public func pow(_ x: Variable, _ exponent: Double) -> Variable { x.apply(.power, constant: exponent) }

/// The magnitude of each element; its derivative at 0 is 0.
public func abs(_ x: Variable) -> Variable { x.apply(.magnitude) }

/// The larger of two, element by element; where they are equal, the derivative is that of the first.
public func max(_ x: Variable, _ y: Variable) -> Variable { x.apply(.maximum, y) }

/// The larger of each element and a number; where they are equal, the derivative is that of the element.
public func max(_ x: Variable, _ bound: Double) -> Variable { max(x, x.constant(bound)) }

/// 1 / (1 + e⁻ˣ) of each element, without overflow.
public func sigmoid(_ x: Variable) -> Variable { x.apply(.sigmoid) }

/// log(1 + eˣ) of each element, without overflow: −log σ(x) is softplus(−x).
public func softplus(_ x: Variable) -> Variable { x.apply(.softplus) }

/// The softmax of a row.
public func softmax(_ x: Variable) -> Variable { x.apply(.softmax) }

/// The logarithm of a row's softmax, which stays finite where `log(softmax(x))` does not.
public func logSoftmax(_ x: Variable) -> Variable { x.apply(.logSoftmax) }
