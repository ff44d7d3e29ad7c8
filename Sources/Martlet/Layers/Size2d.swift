/// A height and a width; a whole number stands for both.
///
/// ```swift
/// let square: Size2d = 5
/// let flat = Size2d(height: 1, width: 7)
/// print(square, flat)  // 5×5 1×7
/// ```
public struct Size2d: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The vertical size.
  public let height: Int
  /// The horizontal size.
  public let width: Int

  /// A size with two different sides.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The same size in both directions.
  public init(_ side: Int) { self.init(height: side, width: side) }

  /// The same size in both directions.
  public init(integerLiteral side: Int) { self.init(side) }

  /// Height × width.
  public var description: String { "\(height)×\(width)" }

  /// Whether both sides are at least `minimum`.
  func isAtLeast(_ minimum: Int) -> Bool { height >= minimum && width >= minimum }
}
