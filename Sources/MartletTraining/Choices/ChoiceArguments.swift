/// What was chosen of something's parameters; all that were not named have their defaults.
public struct ChoiceArguments: Sendable, Hashable {
  var numbers: [String: Float] = [:]
  var lists: [String: [Float]] = [:]
  /// Words and texts.
  var words: [String: String] = [:]
  var flags: Set<String> = []
  /// What was named, rather than left at its default.
  var named: Set<String> = []

  /// What holds if nothing is said.
  init(defaultsOf parameters: [ChoiceParameter]) {
    for parameter in parameters {
      switch parameter.kind {
      case .number(let value, _): numbers[parameter.name] = value
      case .numbers(let values, _): lists[parameter.name] = values
      case .word(let words): self.words[parameter.name] = words.first
      case .text(let value): words[parameter.name] = value
      case .flag: break
      }
    }
  }

  /// The number called `name`, which is among the parameters.
  public func number(_ name: String) -> Float { numbers[name] ?? .nan }

  /// The whole number called `name`, whose limits are ``ChoiceParameter/Limits/count``.
  public func count(_ name: String) -> Int { numbers[name].map { Int($0) } ?? 0 }

  /// The numbers called `name`, which are among the parameters.
  public func numbers(_ name: String) -> [Float] { lists[name] ?? [] }

  /// The word or text chosen for `name`, which is among the parameters.
  public func word(_ name: String) -> String { words[name] ?? "" }

  /// Whether a value was named for `name`.
  public func sets(_ name: String) -> Bool { named.contains(name) }

  /// Whether the flag `name` was named.
  public func has(_ name: String) -> Bool { flags.contains(name) }
}
