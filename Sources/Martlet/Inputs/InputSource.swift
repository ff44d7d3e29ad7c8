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
