/// Where a plan gets its inputs from: each thread asks for the rows that it owns.
///
/// Inputs may stay as small as they are stored, bytes for instance: they are converted when they are asked for.
public protocol InputSource: Sendable {
  /// The shape of one example.
  var inputShape: Shape { get }
  /// The number of examples.
  var count: Int { get }
  /// How pixels became the floats that are read; nil, which is the default, where inputs are no pixels, or nobody knows.
  var normalization: PixelNormalization? { get }
  /// Writes an example to `row`, (inputShape). Called from several threads at once.
  ///
  /// - Parameters:
  ///   - example: which one.
  ///   - view: how it is seen, for sources that change what they read at random; others leave it alone.
  func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>)
}

extension InputSource {
  /// Nobody knows.
  public var normalization: PixelNormalization? { nil }
}
