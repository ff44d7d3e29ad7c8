import Martlet

/// What there is to say about a loss that can be asked for by name.
public struct LossDescription: Sendable {
  /// One thing about a loss that can be chosen.
  public struct Parameter: Sendable {
    /// What its values are.
    public enum Kind: Sendable, Hashable {
      /// A number with limits.
      case number(default: Float, Limits)
      /// One of several words, the first of them by default. The word alone is enough.
      case word([String])
      /// On if it is named.
      case flag
    }

    /// The name before `=`.
    public let name: String
    /// What its values are.
    public let kind: Kind
    /// What it does.
    public let meaning: String

    /// How it is written: `gamma=2`, `soft|hard`, `detach`.
    public var usage: String {
      switch kind {
      case .number(let value, _): "\(name)=\(LossDescription.text(value))"
      case .word(let words): "\(name)=\(words.joined(separator: "|"))"
      case .flag: name
      }
    }
  }

  /// The numbers that a parameter may be.
  public enum Limits: Sendable, Hashable {
    case atLeastZero, aboveZero, belowZero, zeroToOne, aboveZeroToOne

    /// The limits in words.
    public var words: String {
      switch self {
      case .atLeastZero: "0 or more"
      case .aboveZero: "above 0"
      case .belowZero: "below 0"
      case .zeroToOne: "from 0 to 1"
      case .aboveZeroToOne: "above 0 and at most 1"
      }
    }

    func contains(_ value: Float) -> Bool {
      guard value.isFinite else { return false }
      return switch self {
      case .atLeastZero: value >= 0
      case .aboveZero: value > 0
      case .belowZero: value < 0
      case .zeroToOne: value >= 0 && value <= 1
      case .aboveZeroToOne: value > 0 && value <= 1
      }
    }
  }

  /// A number without a needless `.0`.
  static func text(_ value: Float) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(value)"
  }

  /// The name: `focal`.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// Its value for one row. x: logits, t: target, p: softmax(x), w: class weights.
  public let formula: String
  /// Where it comes from.
  public let reference: String
  /// What to know before it is compared with cross-entropy.
  public let notes: [String]
  /// What can be chosen.
  public let parameters: [Parameter]
  /// Whether it weighs classes.
  public let takesClassWeights: Bool
  /// Whether the network must end in log-probabilities.
  let needsLogProbabilities: Bool
  /// Makes the loss.
  let make: @Sendable (LossArguments, _ classWeights: [Float]?) -> any Loss

  init(
    _ name: String, _ summary: String, formula: String, reference: String, notes: [String] = [],
    parameters: [Parameter] = [],
    takesClassWeights: Bool = false, needsLogProbabilities: Bool = false,
    make: @escaping @Sendable (LossArguments, _ classWeights: [Float]?) -> any Loss
  ) {
    self.name = name
    self.summary = summary
    self.formula = formula
    self.reference = reference
    self.notes = notes
    self.parameters = parameters
    self.takesClassWeights = takesClassWeights
    self.needsLogProbabilities = needsLogProbabilities
    self.make = make
  }
}

/// What was chosen of a loss's parameters; all that were not named have their defaults.
struct LossArguments: Sendable, Hashable {
  var numbers: [String: Float] = [:]
  var words: [String: String] = [:]
  var flags: Set<String> = []

  /// The number called `name`, which the description lists.
  func number(_ name: String) -> Float { numbers[name] ?? .nan }

  /// The denominator, for losses that let it be chosen.
  var denominator: MeanDenominator { words["denominator"].flatMap(MeanDenominator.init) ?? .matchingPyTorch }
}
