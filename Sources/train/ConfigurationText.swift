import Yams

/// Settings as the YAML that `ConfigurationFile` reads.
enum ConfigurationText {
  /// A file with keys for all arms, and keys for each arm.
  static func yaml(common: [(String, String)], arms: [[(String, String)]]) throws -> String {
    let root = mapping(common, [("arms", Node(arms.map { mapping($0, []) }))])
    return "# What was compared; 'train compare --config' reads it.\n" + (try serialize(node: root, allowUnicode: true))
  }

  private static func mapping(_ settings: [(String, String)], _ others: [(String, Node)]) -> Node {
    Node(settings.map { (Node($0), value($1)) } + others.map { (Node($0), $1) })
  }

  /// Flags that stand alone are yes and no; all else is text, which is quoted where YAML would take it for something else.
  private static func value(_ text: String) -> Node {
    let isFlag = text == "true" || text == "false"
    return isFlag ? Node(text, .implicit, .plain) : Node(text)
  }
}
