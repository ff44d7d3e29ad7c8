/// Something that can be asked for by name, with parameters.
public protocol Choosable: Sendable {
  /// The name.
  var name: String { get }
  /// What can be chosen of it.
  var parameters: [ChoiceParameter] { get }
}

/// One of several things by its name, as it is written: `focal:gamma=2`, `crop:4`, `bootstrap:beta=0.95,hard`.
///
/// After the name and a colon come parameters with commas between them: `name=value`, a word alone for a flag or one of several
/// words, or a number alone for the first number.
///
/// ```swift
/// struct Filter: Choosable {
///   let name: String
///   let parameters: [ChoiceParameter]
/// }
/// let radius = ChoiceParameter("radius", .number(default: 2, .aboveZero), "how far it reaches, in pixels")
/// let filters = [Filter(name: "blur", parameters: [radius]), Filter(name: "mirror", parameters: [])]
/// let choice = try Choice("blur:radius=3.5", "filter", among: filters)
/// print(choice.entry.name, choice.arguments.number("radius"))  // blur 3.5
/// ```
public struct Choice<Entry: Choosable>: Sendable {
  /// Which one it is.
  public let entry: Entry
  /// What was chosen of its parameters.
  public let arguments: ChoiceArguments

  /// Reads `text`.
  ///
  /// - Parameters:
  ///   - text: what was written.
  ///   - kind: what such a thing is called in messages: "loss".
  ///   - entries: what there is.
  ///   - separator: what stands between parameters.
  /// - Throws: ``ChoiceError``, which says what exists.
  public init(
    _ text: String, _ kind: String, among entries: [Entry], separator: Character = ","
  ) throws(ChoiceError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let entry = entries.first(where: { $0.name == parts[0] }) else {
      throw ChoiceError(
        "There is no \(kind) '\(parts[0])'. There are \(entries.map(\.name).joined(separator: ", ")).")
    }
    self.entry = entry
    var arguments = ChoiceArguments(defaultsOf: entry.parameters)
    for item in parts.count > 1 ? parts[1].split(separator: separator, omittingEmptySubsequences: false) : [] {
      let name = try arguments.read(String(item), of: entry)
      guard arguments.named.insert(name).inserted else { throw ChoiceError("'\(text)' says '\(name)' twice.") }
    }
    self.arguments = arguments
  }

  /// The name and all parameters, those that were not named as well: `focal (gamma=2, denominator=matching-pytorch)`.
  public var summary: String {
    let values = entry.parameters.compactMap { parameter in
      switch parameter.kind {
      case .number: arguments.numbers[parameter.name].map { "\(parameter.name)=\(ChoiceParameter.text($0))" }
      case .numbers: arguments.lists[parameter.name].map { "\(parameter.name)=\(ChoiceParameter.text($0))" }
      case .word, .text: arguments.words[parameter.name].map { "\(parameter.name)=\($0)" }
      case .flag: arguments.flags.contains(parameter.name) ? parameter.name : nil
      }
    }
    return values.isEmpty ? entry.name : "\(entry.name) (\(values.joined(separator: ", ")))"
  }
}

extension ChoiceArguments {
  /// Reads one parameter.
  ///
  /// - Returns: its name.
  fileprivate mutating func read(_ item: String, of entry: some Choosable) throws(ChoiceError) -> String {
    let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return try readAlone(item, of: entry) }
    let (name, value) = (parts[0], parts[1])
    guard let parameter = entry.parameters.first(where: { $0.name == name }) else { throw unknown(name, of: entry) }
    try set(parameter, to: value, of: entry)
    return name
  }

  /// Reads what has no `=`.
  private mutating func readAlone(_ item: String, of entry: some Choosable) throws(ChoiceError) -> String {
    for parameter in entry.parameters {
      switch parameter.kind {
      case .flag where parameter.name == item:
        flags.insert(item)
        return item
      case .word(let words) where words.contains(item):
        self.words[parameter.name] = item
        return parameter.name
      case .number where parameter.name == item, .numbers where parameter.name == item,
        .word where parameter.name == item, .text where parameter.name == item:
        throw ChoiceError("\(entry.name): \(item) needs a value; write \(parameter.usage).")
      default: continue
      }
    }
    guard item.split(separator: "/").allSatisfy({ Float($0) != nil }), !item.isEmpty,
      let first = entry.parameters.first(where: { $0.kind.isNumeric })
    else { throw unknown(item, of: entry) }
    try set(first, to: item, of: entry)
    return first.name
  }

  private mutating func set(
    _ parameter: ChoiceParameter, to value: String, of entry: some Choosable
  ) throws(ChoiceError) {
    let name = parameter.name
    switch parameter.kind {
    case .number(_, let limits):
      guard let number = Float(value), limits.contains(number) else {
        throw ChoiceError("\(entry.name): \(name) must be a number \(limits.words), not '\(value)'.")
      }
      numbers[name] = number
    case .numbers(_, let limits):
      let list = value.split(separator: "/", omittingEmptySubsequences: false).map { Float($0) ?? .nan }
      guard list.allSatisfy(limits.contains) else {
        throw ChoiceError(
          "\(entry.name): \(name) must be numbers with slashes between them, each \(limits.words), not '\(value)'.")
      }
      lists[name] = list
    case .word(let words):
      guard words.contains(value) else {
        throw ChoiceError("\(entry.name): \(name) must be \(words.joined(separator: " or ")), not '\(value)'.")
      }
      self.words[name] = value
    case .text:
      guard !value.isEmpty else {
        throw ChoiceError("\(entry.name): \(name) needs a value; write \(parameter.usage).")
      }
      self.words[name] = value
    case .flag:
      throw ChoiceError("\(entry.name): \(name) takes no value; write '\(name)' alone.")
    }
  }

  private func unknown(_ item: String, of entry: some Choosable) -> ChoiceError {
    let usages = entry.parameters.map(\.usage)
    return ChoiceError(
      "\(entry.name) has no parameter '\(item)'. "
        + (usages.isEmpty ? "It takes none." : "It takes \(usages.joined(separator: ", "))."))
  }
}

extension ChoiceParameter.Kind {
  fileprivate var isNumeric: Bool {
    switch self {
    case .number, .numbers: true
    case .word, .text, .flag: false
    }
  }
}

/// Why something cannot be chosen: what was written, and what exists.
public struct ChoiceError: Error, Hashable, CustomStringConvertible {
  /// A sentence or two.
  public let description: String

  /// An error with its sentences.
  package init(_ description: String) { self.description = description }
}
