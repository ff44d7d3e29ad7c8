/// What a plan runs: one layer, or several that were fused into one pass over their rows.
///
/// Unlike a ``Layer``, a stage may keep something of each row from the forward pass to the parameters' gradients, may
/// have its parameters copied into the order in which its kernels read them, and sees its own output on the way back.
protocol Stage: Sendable {
  /// The floats kept of each row.
  var keptCount: Int { get }

  /// The floats of parameters in the kernels' own order; the plan renews them after each update.
  var preparedCount: Int { get }

  /// The floats of scratch memory that one thread needs.
  var workspaceCount: Int { get }

  /// Multiply-adds of the forward pass of one row.
  var forwardCost: Int { get }

  /// Multiply-adds of one unit of a parameter's gradient for one row.
  func gradientCost(ofParameter index: Int) -> Int

  /// Copies `units` of a parameter from `parameters` to `prepared`.
  func prepare(
    parameter index: Int, units: Range<Int>, parameters: Span<Float>, prepared: inout MutableSpan<Float>)

  /// Computes `output`, (rows, output), and `kept`: (rows, keptCount), or scratch memory of keptCount floats in a plan
  /// that never goes back.
  func forward(
    rows: Int, input: Span<Float>, parameters: Span<Float>, prepared: Span<Float>, output: inout MutableSpan<Float>,
    kept: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>)

  /// Computes `inputGradient`, (rows, input), unless it is empty. May change `outputGradient`, (rows, output), for its own
  /// use in `gradient`.
  func backward(
    rows: Int, input: Span<Float>, output: Span<Float>, parameters: Span<Float>, prepared: Span<Float>,
    outputGradient: inout MutableSpan<Float>, inputGradient: inout MutableSpan<Float>, kept: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>)

  /// Computes the gradient of `units` of a parameter over all rows, (units.count, the parameter's other sizes).
  func gradient(
    ofParameter index: Int, units: Range<Int>, rows: Int, input: Span<Float>, outputGradient: Span<Float>,
    kept: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>)
}
