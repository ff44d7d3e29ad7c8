/// One thing about something with a name that can be chosen: `gamma=2`, `hard`, `detach`.
public struct ChoiceParameter: Sendable {
  /// What its values are.
  public enum Kind: Sendable, Hashable {
    /// A number with limits.
    case number(default: Float, Limits)
    /// Numbers with slashes between them, each with these limits.
    case numbers(default: [Float], Limits)
    /// One of several words, the first of them by default. The word alone is enough.
    case word([String])
    /// A name or another text without commas.
    case text(default: String)
    /// On if it is named.
    case flag
  }

  /// The numbers that a parameter may be.
  public enum Limits: Sendable, Hashable {
    case atLeastZero, aboveZero, belowZero, zeroToOne, aboveZeroToOne, zeroToBelowOne
    /// A whole number from 1 to 65,536.
    case count

    /// The limits in words.
    public var words: String {
      switch self {
      case .atLeastZero: "0 or more"
      case .aboveZero: "above 0"
      case .belowZero: "below 0"
      case .zeroToOne: "from 0 to 1"
      case .aboveZeroToOne: "above 0 and at most 1"
      case .zeroToBelowOne: "at least 0 and below 1"
      case .count: "that is whole, from 1 to 65536"
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
      case .zeroToBelowOne: value >= 0 && value < 1
      case .count: value >= 1 && value <= 65_536 && value == value.rounded()
      }
    }
  }

  /// The name before `=`.
  public let name: String
  /// What its values are.
  public let kind: Kind
  /// What it does.
  public let meaning: String

  /// A parameter.
  public init(_ name: String, _ kind: Kind, _ meaning: String) {
    self.name = name
    self.kind = kind
    self.meaning = meaning
  }

  /// How it is written: `gamma=2`, `soft|hard`, `detach`.
  public var usage: String {
    switch kind {
    case .number(let value, _): "\(name)=\(Self.text(value))"
    case .numbers(let values, _): "\(name)=\(Self.text(values))"
    case .word(let words): "\(name)=\(words.joined(separator: "|"))"
    case .text(let value): "\(name)=\(value)"
    case .flag: name
    }
  }

  /// A number without a needless `.0`.
  static func text(_ value: Float) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(value)"
  }

  static func text(_ values: [Float]) -> String { values.map(text).joined(separator: "/") }
}
