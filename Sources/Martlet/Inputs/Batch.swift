import Requirements

/// The examples of one step: which ones, where their inputs are, and what the network should say about them.
public struct Batch: Sendable {
  /// All inputs.
  public let inputs: any InputSource
  /// All targets, one for each input.
  public let targets: Targets
  /// The examples in this batch, by their position in `inputs` and `targets`.
  public let indices: ArraySlice<Int>
  /// What each example's loss and gradient are multiplied by, (indices.count); nil for 1.
  ///
  /// Weights do not change what the mean divides by: an example of weight 0 teaches nothing, and counts. An example without a
  /// target (``Targets/ignoring(_:)``) teaches nothing, and does not count.
  public let weights: [Float]?

  /// The examples at `indices`.
  ///
  /// ```swift
  /// let batch = Batch(
  ///   inputs: DenseInputs([0, 1, 2], shape: [1]), targets: try .classIndices([0, 1, 1], classCount: 2),
  ///   indices: [2, 0], weights: [0.5, 1])
  /// print(batch.weights ?? [])  // [0.5, 1.0]
  /// ```
  public init(inputs: any InputSource, targets: Targets, indices: ArraySlice<Int>, weights: [Float]? = nil) {
    require(
      inputs.count == targets.count, "There are \(inputs.count) inputs, but \(targets.count) targets.")
    Self.check(indices, of: inputs)
    if let weights {
      require(
        weights.count == indices.count && weights.allSatisfy { $0 >= 0 && $0.isFinite },
        "A batch of \(indices.count) examples needs as many finite weights of 0 or more.")
    }
    self.inputs = inputs
    self.targets = targets
    self.indices = indices
    self.weights = weights
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
