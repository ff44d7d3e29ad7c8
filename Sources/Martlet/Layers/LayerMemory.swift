/// The memory that a layer needs beside its input, output and parameters, in floats. The plan owns all of it.
///
/// ```swift
/// var memory = LayerMemory()
/// memory.saved = 2  // A mean and a deviation of each row, for the way back.
/// print(memory.workspace)  // 0
/// ```
public struct LayerMemory: Sendable, Hashable {
  /// What passes behind the way forward may read of the values around a layer.
  public struct Values: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: Int

    /// The values with these bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The layer's input.
    public static let input = Values(rawValue: 1)
    /// The layer's output.
    public static let output = Values(rawValue: 2)
    /// The gradient of the output.
    public static let outputGradient = Values(rawValue: 4)
  }

  /// Saved of each row, from the forward pass to the gradients; there are none when the network is not being trained.
  public var saved = 0
  /// What ``Layer/sumBackward(_:)`` and ``Layer/backward(_:)`` read beside the gradient of the output. What is left out is empty there, so
  /// that its memory may be used again.
  public var backwardReads: Values = [.input, .output]
  /// What ``Layer/gradient(_:)`` reads; likewise.
  public var gradientReads: Values = [.input, .outputGradient]
  /// The parameters in the order in which the layer's passes read them; renewed by ``Layer/pack(_:)`` after each update.
  public var packed = 0
  /// Of each block of rows, what the forward pass needs of the whole batch.
  public var forwardSums = 0
  /// Of each block of rows, what the backward pass needs of the whole batch.
  public var backwardSums = 0
  /// Scratch memory of one thread, for one call.
  public var workspace = 0
  /// Whether ``Layer/forward(_:)`` and ``Layer/backward(_:)`` look at ``PassContext/units``: the former computes these units
  /// of the output alone, the latter that part of the input's gradient which comes from them. A plan may then let threads
  /// share out the units rather than the rows.
  public var dividesUnits = false
  /// Whether `backward` makes what is saved anew, from the input, where `remakesSaved` asks for it: a plan may then have memory for it
  /// from there to the gradients alone. Such a layer reads its input on the way back, has gradients that follow it, and is not divided.
  var canRemakeSaved = false
  /// The rows of what is saved that the forward pass needs as scratch memory where nothing is saved.
  var scratchRows = 0
  /// Whether ``Layer/gradient(_:)`` reads what ``Layer/backward(_:)`` leaves in the output's gradient or in what is saved, so
  /// that the latter must run even if nothing before the layer is trained.
  public var gradientFollowsBackward = false

  /// None, with the given values that the way back reads.
  public init(backwardReads: Values = [.input, .output]) {
    self.backwardReads = backwardReads
  }
}

extension LayerMemory {
  /// The floats of what is saved where it is scratch memory.
  var scratch: Int { scratchRows * saved }
}

/// The multiply-adds of a layer's passes for one row.
public struct LayerCost: Sendable, Hashable {
  /// The forward pass.
  public var forward: Int
  /// For each parameter, the gradient of one unit.
  public var gradientOfUnit: [Int]

  /// The given costs; by default 0.
  public init(forward: Int = 0, gradientOfUnit: [Int] = []) {
    self.forward = forward
    self.gradientOfUnit = gradientOfUnit
  }
}
