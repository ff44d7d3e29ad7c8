import Requirements

/// The examples of one step: which ones, where their inputs are, and what the network should say about them.
public struct Batch: Sendable {
  /// All inputs.
  public let inputs: any InputSource
  /// All targets, one for each input.
  public let targets: Targets
  /// The examples in this batch, by their position in `inputs` and `targets`.
  public let indices: ArraySlice<Int>

  /// The examples at `indices`.
  public init(inputs: any InputSource, targets: Targets, indices: ArraySlice<Int>) {
    require(
      inputs.count == targets.count, "There are \(inputs.count) inputs, but \(targets.count) targets.")
    Self.check(indices, of: inputs)
    self.inputs = inputs
    self.targets = targets
    self.indices = indices
  }

  /// All examples of `inputs`.
  public init(inputs: any InputSource, targets: Targets) {
    self.init(inputs: inputs, targets: targets, indices: ArraySlice(0..<inputs.count))
  }

  /// Sees to it that no thread is sent for an example that is not there.
  static func check(_ indices: ArraySlice<Int>, of inputs: any InputSource) {
    let count = inputs.count
    for index in indices {
      require(index >= 0 && index < count, "There is no example \(index) among \(count) inputs.")
    }
  }
}
