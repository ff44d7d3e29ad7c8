public import Martlet

/// A loss with its parameters, as it is written: `focal:gamma=2`, `bootstrap:beta=0.95,hard`.
///
/// ``Choice`` says how parameters are written.
public struct LossSelection: Sendable {
  private let choice: Choice<LossDescription>

  /// Reads `text`.
  ///
  /// - Throws: ``ChoiceError``, which says what exists.
  public init(_ text: String) throws(ChoiceError) {
    choice = try Choice(text, "loss", among: LossCatalog.all)
  }

  /// Which loss it is.
  public var entry: LossDescription { choice.entry }

  /// The loss itself.
  ///
  /// - Parameter classWeights: one weight a class; only for losses that take them.
  public func loss(classWeights: [Float]?) -> any Loss { entry.make(choice.arguments, classWeights) }

  /// What the network must have behind its logits, if anything.
  public var outputLayer: (any Layer)? { entry.needsLogProbabilities ? LogSoftmax() : nil }

  /// The temperature at which a teacher's distributions are wanted, if the loss has one.
  public var temperature: Float? { choice.arguments.numbers["temperature"] }

  /// The name and all parameters, those that were not named as well: `focal (gamma=2, denominator=matching-pytorch)`.
  public var summary: String { choice.summary }
}
