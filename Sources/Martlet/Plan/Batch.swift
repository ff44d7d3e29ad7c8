/// Where a plan gets its inputs from: each thread asks for the rows that it owns.
///
/// Inputs may stay as small as they are stored, bytes for instance: they are converted when they are asked for.
public protocol InputSource: Sendable {
  /// The shape of one example.
  var inputShape: Shape { get }
  /// The number of examples.
  var count: Int { get }
  /// Writes example `index` to `row`, (inputShape). Called from several threads at once.
  func read(_ index: Int, into row: inout MutableSpan<Float>)
}

/// Inputs that are floats already, (count, inputShape).
///
/// ```swift
/// let inputs = DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2])
/// print(inputs.count)  // 4
/// ```
public struct DenseInputs: InputSource {
  /// The shape of one example.
  public let inputShape: Shape
  private let values: [Float]

  /// The examples one behind the other.
  public init(_ values: [Float], shape: Shape) {
    precondition(
      values.count % shape.count == 0, "\(values.count) values are no whole number of examples of shape \(shape).")
    inputShape = shape
    self.values = values
  }

  /// The number of examples.
  public var count: Int { values.count / inputShape.count }

  /// Copies example `index`.
  public func read(_ index: Int, into row: inout MutableSpan<Float>) {
    let start = index * inputShape.count
    for offset in 0..<inputShape.count { row[offset] = values[start + offset] }
  }
}

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
    precondition(
      inputs.count == targets.count, "There are \(inputs.count) inputs, but \(targets.count) targets.")
    self.inputs = inputs
    self.targets = targets
    self.indices = indices
  }

  /// All examples of `inputs`.
  public init(inputs: any InputSource, targets: Targets) {
    self.init(inputs: inputs, targets: targets, indices: ArraySlice(0..<inputs.count))
  }
}
