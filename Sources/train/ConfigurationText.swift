import Yams

/// Settings as the YAML that `ConfigurationFile` reads.
enum ConfigurationText {
  /// A file with keys for all arms, and keys for each arm.
  static func yaml(common: [(String, String)], arms: [[(String, String)]]) throws -> String {
    let root = mapping(common, [("arms", Node(arms.map { mapping($0, []) }))])
    return "# What was compared; 'train compare --config' reads it, from the folder where it was made.\n"
      + (try serialize(node: root, allowUnicode: true))
  }

  private static func mapping(_ settings: [(String, String)], _ others: [(String, Node)]) -> Node {
    Node(settings.map { (Node($0), value($1, of: $0)) } + others.map { (Node($0), $1) })
  }

  /// Flags that stand alone are yes and no; all else is text, in quotation marks where YAML would take it for
  /// nothing.
  private static func value(_ text: String, of name: String) -> Node {
    let isFlag = FlagEntry.named(name)?.standsAlone == true
    let looksEmpty = Node(text, .implicit, .plain).null != nil
    return Node(text, .implicit, isFlag ? .plain : looksEmpty ? .doubleQuoted : .any)
  }
}
