import Requirements

/// All parameters of a model as one flat value, with a named view of each.
///
/// Names, shapes and layouts are PyTorch's. A copy is a checkpoint.
///
/// ```swift
/// var parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 1)
/// print(parameters.count)                      // 62006
/// print(parameters.shape(of: "conv1.weight"))  // (6, 3, 5, 5)
/// parameters["fc3.bias"] = Array(repeating: 0, count: 10)
/// ```
public struct Parameters: Sendable, Equatable {
  /// One parameter's place in the flat value.
  public struct Entry: Sendable, Hashable {
    /// The name: `conv1.weight`.
    public let name: String
    /// The shape: (6, 3, 5, 5).
    public let shape: Shape
    /// Where the parameter starts.
    public let offset: Int
    /// The elements' positions.
    public var range: Range<Int> { offset..<offset + shape.count }
  }

  /// The parameters, in the order in which the model applies them.
  public let entries: [Entry]
  /// All elements, entry after entry.
  public internal(set) var values: [Float]

  /// The number of elements.
  public var count: Int { values.count }

  /// The initial parameters of `network`: each depends on the seed and its name alone.
  public init(of network: Network, seed: UInt64) {
    self = network.initialParameters(seed: seed)
  }

  /// Parameters of the given names and shapes, and their elements one behind the other.
  public init(_ shapes: [(name: String, shape: Shape)], values: [Float]) {
    var offset = 0
    entries = shapes.map { item in
      defer { offset += item.shape.count }
      return Entry(name: item.name, shape: item.shape, offset: offset)
    }
    require(values.count == offset, "These shapes have \(offset) elements, but \(values.count) values were given.")
    self.values = values
  }

  /// The entry called `name`.
  public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

  /// The shape of the parameter called `name`, which must exist.
  public func shape(of name: String) -> Shape { existingEntry(name).shape }

  /// The elements of the parameter called `name`, which must exist; setting keeps their number.
  public subscript(name: String) -> [Float] {
    get { Array(values[existingEntry(name).range]) }
    set {
      let entry = existingEntry(name)
      require(
        newValue.count == entry.shape.count,
        "\(name) has shape \(entry.shape), but \(newValue.count) values were given.")
      values.replaceSubrange(entry.range, with: newValue)
    }
  }

  private func existingEntry(_ name: String) -> Entry {
    guard let entry = entry(name) else {
      fail("There is no parameter '\(name)'; there are \(entries.map(\.name).joined(separator: ", ")).")
    }
    return entry
  }
}
