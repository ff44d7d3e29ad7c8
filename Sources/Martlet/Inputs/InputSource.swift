/// Where a plan gets its inputs from: each thread asks for the rows that it owns.
///
/// Inputs may stay as small as they are stored, bytes for instance: they are converted when they are asked for.
public protocol InputSource: Sendable {
  /// The shape of one example.
  var inputShape: Shape { get }
  /// The number of examples.
  var count: Int { get }
  /// Writes an example to `row`, (inputShape). Called from several threads at once.
  ///
  /// - Parameters:
  ///   - example: which one.
  ///   - view: how it is seen, for sources that change what they read at random; others leave it alone.
  func read(_ example: Int, as view: View, into row: inout MutableSpan<Float>)
}

/// How an example is seen: the random numbers that its changes are drawn from.
public struct View: Sendable {
  /// Which view of the example it is: the epoch, in a training run, from 1; 0 where nothing is to be changed at random.
  public let number: Int
  /// The random numbers of this view of this example.
  public let random: RandomSource

  /// A view with its random numbers.
  public init(number: Int, random: RandomSource) {
    self.number = number
    self.random = random
  }

  /// The example as it is.
  public static let plain = View(number: 0, random: RandomSource(seed: 0))
}
