/// The memory that a layer needs beside its input, output and parameters, in floats. The plan owns all of it.
///
/// ```swift
/// var memory = LayerMemory()
/// memory.saved = 2  // A mean and a deviation of each row, for the way back.
/// print(memory.workspace)  // 0
/// ```
public struct LayerMemory: Sendable, Hashable {
  /// Saved of each row, from the forward pass to the gradients; there are none when the network is not being trained.
  public var saved = 0
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
  /// Whether ``Layer/gradient(_:)`` reads what ``Layer/backward(_:)`` leaves in the output's gradient or in what is saved, so
  /// that the latter must run even if nothing before the layer is trained.
  public var gradientFollowsBackward = false

  /// Whether a plan that never goes back still gives one row of saved floats, as scratch memory.
  var usesSavedAsScratch = false

  /// None.
  public init() {}
}

extension LayerMemory {
  /// The saved floats of a plan that never goes back.
  var scratchSaved: Int { usesSavedAsScratch ? saved : 0 }
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
