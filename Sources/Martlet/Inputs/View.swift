/// How an example is seen: the random numbers that its changes are drawn from.
public struct View: Sendable {
  /// Which view of the example it is: the epoch, in a training run, from 1; 0 where nothing is to be changed at random.
  public let number: Int
  /// The random numbers of this view of this example.
  public let random: RandomSource
  /// The random numbers of this example, the same in all of its views.
  public let exampleRandom: RandomSource

  private init(number: Int, random: RandomSource, exampleRandom: RandomSource) {
    self.number = number
    self.random = random
    self.exampleRandom = exampleRandom
  }

  /// A view of an example.
  ///
  /// - Parameters:
  ///   - number: which view; 0 for the example as it is.
  ///   - example: which example.
  ///   - random: what all views of all examples draw their numbers from. This one's are `random.stream(number).stream(example)`.
  public init(_ number: Int, of example: Int, random: RandomSource) {
    self.init(
      number: number, random: random.stream(number).stream(example),
      exampleRandom: random.stream("examples").stream(example))
  }

  /// The example as it is.
  public static let plain = View(
    number: 0, random: RandomSource(seed: 0), exampleRandom: RandomSource(seed: 0))

  /// This view, with the random numbers of the streams of that name.
  func stream(_ name: String) -> View {
    View(number: number, random: random.stream(name), exampleRandom: exampleRandom.stream(name))
  }

  /// This view, with the random numbers of the streams of that number.
  func stream(_ index: Int) -> View {
    View(number: number, random: random.stream(index), exampleRandom: exampleRandom.stream(index))
  }
}
