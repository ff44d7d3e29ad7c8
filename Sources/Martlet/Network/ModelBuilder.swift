/// Collects the parts of a model; `if`, `switch` and `for` work as in other Swift code.
@resultBuilder
public enum ModelBuilder {
  /// One part.
  public static func buildExpression(_ part: some Model) -> [any Model] { [part] }

  /// Several parts in order.
  public static func buildBlock(_ parts: [any Model]...) -> [any Model] { parts.flatMap { $0 } }

  /// Parts of an `if` without `else`.
  public static func buildOptional(_ parts: [any Model]?) -> [any Model] { parts ?? [] }

  /// Parts of a first branch.
  public static func buildEither(first parts: [any Model]) -> [any Model] { parts }

  /// Parts of a second branch.
  public static func buildEither(second parts: [any Model]) -> [any Model] { parts }

  /// Parts of a loop.
  public static func buildArray(_ parts: [[any Model]]) -> [any Model] { parts.flatMap { $0 } }
}
