public import Martlet

/// A loss with its parameters, as it is written: `focal:gamma=2`, `bootstrap:beta=0.95,hard`.
///
/// After the name and a colon come parameters with commas between them: `name=value`, or a word alone for a flag or one of
/// several words.
public struct LossSelection: Sendable {
  /// Which loss it is.
  public let entry: LossDescription
  private let arguments: LossArguments

  /// Reads `text`.
  ///
  /// - Throws: ``LossSelectionError``, which says what exists.
  public init(_ text: String) throws(LossSelectionError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let entry = LossCatalog.all.first(where: { $0.name == parts[0] }) else {
      throw LossSelectionError(
        "There is no loss '\(parts[0])'. There are \(LossCatalog.all.map(\.name).joined(separator: ", ")).")
    }
    self.entry = entry
    var arguments = LossArguments()
    for parameter in entry.parameters {
      switch parameter.kind {
      case .number(let value, _): arguments.numbers[parameter.name] = value
      case .word(let words): arguments.words[parameter.name] = words.first
      case .flag: break
      }
    }
    var seen: Set<String> = []
    for item in parts.count > 1 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : [] {
      let name = try Self.apply(String(item), of: entry, to: &arguments)
      guard seen.insert(name).inserted else {
        throw LossSelectionError("'\(text)' says '\(name)' twice.")
      }
    }
    self.arguments = arguments
  }

  /// Reads one parameter.
  ///
  /// - Returns: its name.
  private static func apply(
    _ item: String, of entry: LossDescription, to arguments: inout LossArguments
  ) throws(LossSelectionError) -> String {
    let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      for parameter in entry.parameters {
        switch parameter.kind {
        case .flag where parameter.name == item:
          arguments.flags.insert(item)
          return item
        case .word(let words) where words.contains(item):
          arguments.words[parameter.name] = item
          return parameter.name
        case .number where parameter.name == item, .word where parameter.name == item:
          throw LossSelectionError("\(entry.name): \(item) needs a value; write \(parameter.usage).")
        default: continue
        }
      }
      throw unknown(item, of: entry)
    }
    let (name, value) = (parts[0], parts[1])
    guard let parameter = entry.parameters.first(where: { $0.name == name }) else { throw unknown(name, of: entry) }
    switch parameter.kind {
    case .number(_, let limits):
      guard let number = Float(value), limits.contains(number) else {
        throw LossSelectionError("\(entry.name): \(name) must be a number \(limits.words), not '\(value)'.")
      }
      arguments.numbers[name] = number
    case .word(let words):
      guard words.contains(value) else {
        throw LossSelectionError(
          "\(entry.name): \(name) must be \(words.joined(separator: " or ")), not '\(value)'.")
      }
      arguments.words[name] = value
    case .flag:
      throw LossSelectionError("\(entry.name): \(name) takes no value; write '\(name)' alone.")
    }
    return name
  }

  private static func unknown(_ item: String, of entry: LossDescription) -> LossSelectionError {
    let usages = entry.parameters.map(\.usage)
    return LossSelectionError(
      "\(entry.name) has no parameter '\(item)'. "
        + (usages.isEmpty ? "It takes none." : "It takes \(usages.joined(separator: ", "))."))
  }

  /// The loss itself.
  ///
  /// - Parameter classWeights: one weight a class; only for losses that take them.
  public func loss(classWeights: [Float]?) -> any Loss { entry.make(arguments, classWeights) }

  /// What the network must have behind its logits, if anything.
  public var outputLayer: (any Layer)? { entry.needsLogProbabilities ? LogSoftmax() : nil }

  /// The temperature at which a teacher's distributions are wanted, if the loss has one.
  public var temperature: Float? { arguments.numbers["temperature"] }

  /// The name and all parameters, those that were not named as well: `focal (gamma=2, denominator=matching-pytorch)`.
  public var summary: String {
    let values = entry.parameters.compactMap { parameter in
      switch parameter.kind {
      case .number: arguments.numbers[parameter.name].map { "\(parameter.name)=\(LossDescription.text($0))" }
      case .word: arguments.words[parameter.name].map { "\(parameter.name)=\($0)" }
      case .flag: arguments.flags.contains(parameter.name) ? parameter.name : nil
      }
    }
    return values.isEmpty ? entry.name : "\(entry.name) (\(values.joined(separator: ", ")))"
  }
}

/// Why a loss cannot be chosen: what was written, and what exists.
public struct LossSelectionError: Error, Hashable, CustomStringConvertible {
  /// A sentence or two.
  public let description: String

  init(_ description: String) { self.description = description }
}
