/// How parameters follow their gradients: hyperparameters as a value, never the model.
///
/// The plan owns the state, calls `update` for runs of parameters from several threads at once, and does so right after
/// each run's gradient is known.
public protocol Optimizer: Sendable {
  /// The floats of state that belong to each parameter element; all are 0 before the first step.
  var statePerElement: Int { get }

  /// Updates a run of parameters.
  ///
  /// - Parameters:
  ///   - parameters: the elements to change, (count).
  ///   - gradient: the loss's gradient with respect to them, (count).
  ///   - state: (count, statePerElement).
  ///   - step: the number of updates made before, 0 for the first.
  func update(
    parameters: inout MutableSpan<Float>, gradient: Span<Float>, state: inout MutableSpan<Float>, step: Int)
}
