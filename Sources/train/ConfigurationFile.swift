import ArgumentParser
import MartletData
import MartletReports
import MartletTraining
import Yams

/// A comparison written down as YAML: each key is a flag without its dashes, and its value what stands behind the flag.
///
///     dataset: mnist
///     seeds: 5
///     arms:
///       - name: hard
///         labels: hard
///       - name: confident pseudo-labels
///         labels: soft
///         confidence: 0.95
///
/// Keys above `arms` hold for all arms. The file is read into flags, so that what a flag means is said in one place.
struct ConfigurationFile {
  /// A key with its value.
  struct Entry {
    let key: String
    /// The value as flags have it; nil for a flag that stands alone.
    let value: String?
    /// Whether a flag that stands alone is taken back.
    let isNegated: Bool
    let line: Int

    /// As it would be typed.
    var argument: String { value.map { "--\(key)=\($0)" } ?? (isNegated ? "--no-\(key)" : "--\(key)") }
  }

  /// Keys that hold for one arm.
  struct Arm {
    let name: String
    let entries: [Entry]
    let line: Int
  }

  let path: String
  /// The keys that hold for all arms.
  let common: [Entry]
  /// The arms; none if the file's keys are flags alone.
  let arms: [Arm]

  /// Reads the file.
  ///
  /// - Throws: `DataFileError`, with the line.
  init(path: String) throws(DataFileError) {
    self.path = path
    let text = try TextFile.read(path: path)
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch let error as YamlError {
      throw DataFileError(
        .malformed, path: path, reason: "This is no YAML: \(error)", advice: "Quote what has a colon in it.")
    } catch {
      throw DataFileError(.malformed, path: path, reason: "This is no YAML: \(error)")
    }
    guard let mapping = root?.mapping else {
      throw DataFileError(
        .malformed, path: path,
        reason: "A configuration is keys with values, such as 'epochs: 10'; this is something else.")
    }
    var (common, arms) = ([Entry](), [Arm]())
    for (key, value) in mapping {
      guard key.string == "arms" else {
        common.append(try Self.entry(key, value, path))
        continue
      }
      guard let sequence = value.sequence, !sequence.isEmpty else {
        throw Self.error(value, path, "'arms' should be a list, with a line '- name: …' for each arm.")
      }
      for item in sequence { arms.append(try Self.arm(item, path)) }
    }
    for entry in common where entry.key == "name" || FlagEntry.named(entry.key)?.scope == .typed {
      throw DataFileError(.malformed, path: path, reason: "Line \(entry.line): '\(entry.key)' cannot stand here.")
    }
    for (index, arm) in arms.enumerated() where arms[..<index].contains(where: { $0.name == arm.name }) {
      throw DataFileError(
        .malformed, path: path, reason: "Line \(arm.line): there is an arm '\(arm.name)' already.",
        advice: "Each arm needs a name of its own.")
    }
    self.common = common
    self.arms = arms
  }

  private static func arm(_ node: Node, _ path: String) throws(DataFileError) -> Arm {
    guard let mapping = node.mapping else { throw error(node, path, "An arm is keys with values, 'name' among them.") }
    var (entries, name) = ([Entry](), String?.none)
    for (key, value) in mapping {
      if key.string == "name" {
        name = value.string
      } else {
        let entry = try entry(key, value, path)
        guard (FlagEntry.named(entry.key)?.scope ?? .arm) == .arm else {
          throw error(key, path, "'\(entry.key)' holds for all arms, or for none; it cannot stand in one.")
        }
        entries.append(entry)
      }
    }
    guard let name, !name.isEmpty else { throw error(node, path, "This arm has no 'name'.") }
    // It becomes a part of tables, pages and names of files.
    guard !ComparisonFolder.fileName(name).isEmpty, name.utf8.count <= 100,
      name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else {
      throw error(
        node, path, "An arm's name needs a letter or a digit, no line breaks, and at most 100 bytes.")
    }
    return Arm(name: name, entries: entries, line: node.mark?.line ?? 0)
  }

  private static func entry(_ key: Node, _ value: Node, _ path: String) throws(DataFileError) -> Entry {
    guard let name = key.scalar?.string, name.first?.isLetter == true, name.allSatisfy({ $0.isLetter || $0 == "-" })
    else {
      throw error(key, path, "A key is a flag without its dashes, such as 'learning-rate'.")
    }
    let line = key.mark?.line ?? 0
    if let scalar = value.scalar {
      guard !scalar.string.isEmpty, scalar.style != .plain || value.null == nil else {
        throw error(key, path, "'\(name)' needs a value.")
      }
      if FlagEntry.named(name)?.standsAlone == true, scalar.style == .plain, let isSet = value.bool {
        return Entry(key: name, value: nil, isNegated: !isSet, line: line)
      }
      return Entry(key: name, value: scalar.string, isNegated: false, line: line)
    }
    if let words = value.sequence?.map({ $0.scalar?.string }), !words.contains(nil) {
      return Entry(key: name, value: words.compactMap { $0 }.joined(separator: ","), isNegated: false, line: line)
    }
    throw error(value, path, "The value of '\(name)' should be a word, a number, or a list of these.")
  }

  private static func error(_ node: Node, _ path: String, _ reason: String) -> DataFileError {
    DataFileError(.malformed, path: path, reason: (node.mark.map { "Line \($0.line): " } ?? "") + reason)
  }
}
