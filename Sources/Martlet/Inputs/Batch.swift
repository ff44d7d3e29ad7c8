import Requirements

/// One row of a batch: which example it is, how it is seen, what it counts, and what it is mixed with.
///
/// ```swift
/// let row = BatchRow(example: 7, view: 3, partner: .init(example: 2, share: 0.25))
/// print(row.weight)  // 1.0
/// ```
public struct BatchRow: Sendable, Hashable {
  /// Another example that is mixed into a row: its input and its target alike.
  public struct Partner: Sendable, Hashable {
    /// Which example.
    public var example: Int
    /// The partner's share of the mixture, 0…1; the rest is the row's own.
    public var share: Float
    /// The pixels that come from the partner, where the input is put together out of both; nil adds both up by their shares. The
    /// target is mixed by `share` in either case.
    public var region: ImageRegion?

    /// A partner with its share, and with the region that it fills, if it does.
    public init(example: Int, share: Float, region: ImageRegion? = nil) {
      self.example = example
      self.share = share
      self.region = region
    }
  }

  /// The example, by its position among inputs and targets.
  public var example: Int
  /// Which view of the example this is: what random changes of inputs depend on.
  public var view: Int
  /// What the row's loss and gradient are multiplied by.
  public var weight: Float
  /// What the row is mixed with, if anything.
  public var partner: Partner?

  /// A row; by default the example as it is, counting 1.
  public init(example: Int, view: Int = 0, weight: Float = 1, partner: Partner? = nil) {
    self.example = example
    self.view = view
    self.weight = weight
    self.partner = partner
  }
}

/// The examples of one step: which ones, where their inputs are, and what the network should predict for them.
///
/// Weights do not change what the mean divides by: an example of weight 0 contributes no gradient, and counts. An example without a
/// target (``Targets/ignoring(_:)``) contributes none either, and does not count.
public struct Batch: Sendable {
  /// All inputs.
  public let inputs: any InputSource
  /// All targets, one for each input.
  public let targets: Targets
  /// What views draw their numbers from: a row's are `random.stream(view).stream(example)`.
  public let random: RandomSource
  private let rows: Rows

  private enum Rows: Sendable {
    /// Plain examples, and what each counts, (count); nil for 1.
    case examples(ArraySlice<Int>, weights: [Float]?)
    case rows([BatchRow])
  }

  /// The examples at `indices`.
  ///
  /// ```swift
  /// let batch = Batch(
  ///   inputs: DenseInputs([0, 1, 2], shape: [1]), targets: try .classIndices([0, 1, 1], classCount: 2),
  ///   indices: [2, 0], weights: [0.5, 1])
  /// print(batch[0])  // BatchRow(example: 2, view: 0, weight: 0.5, partner: nil)
  /// ```
  public init(inputs: any InputSource, targets: Targets, indices: ArraySlice<Int>, weights: [Float]? = nil) {
    Self.check(inputs, targets)
    Self.check(indices, of: inputs)
    if let weights {
      require(weights.count == indices.count, "There are \(weights.count) weights for \(indices.count) examples.")
      weights.forEach(Self.check)
    }
    self.inputs = inputs
    self.targets = targets
    random = RandomSource(seed: 0)
    rows = .examples(indices, weights: weights)
  }

  /// The given rows.
  ///
  /// - Parameter random: what the rows' views draw their numbers from.
  public init(inputs: any InputSource, targets: Targets, rows: [BatchRow], random: RandomSource = RandomSource(seed: 0))
  {
    Self.check(inputs, targets)
    for row in rows {
      Self.check(row.example, of: inputs)
      Self.check(row.weight)
      if let partner = row.partner {
        Self.check(partner.example, of: inputs)
        require(
          partner.share >= 0 && partner.share <= 1, "A partner's share must be from 0 to 1, not \(partner.share).")
        if let region = partner.region { region.check(inputs.inputShape) }
      }
    }
    self.inputs = inputs
    self.targets = targets
    self.random = random
    self.rows = .rows(rows)
  }

  /// All examples of `inputs`.
  public init(inputs: any InputSource, targets: Targets) {
    self.init(inputs: inputs, targets: targets, indices: ArraySlice(0..<inputs.count))
  }

  /// The number of rows.
  public var count: Int {
    switch rows {
    case .examples(let indices, _): indices.count
    case .rows(let rows): rows.count
    }
  }

  /// The row at `place`.
  public subscript(place: Int) -> BatchRow {
    switch rows {
    case .examples(let indices, let weights):
      BatchRow(example: indices[indices.startIndex + place], weight: weights.map { $0[place] } ?? 1)
    case .rows(let rows): rows[place]
    }
  }

  /// Whether any row is mixed with another.
  var isMixed: Bool {
    if case .rows(let rows) = rows { rows.contains { $0.partner != nil } } else { false }
  }

  /// How `example` is seen in a row with that view.
  func view(_ number: Int, of example: Int) -> View {
    number == 0 ? .plain : View(number, of: example, random: random)
  }

  private static func check(_ inputs: any InputSource, _ targets: Targets) {
    require(
      inputs.count == targets.count, "There are \(inputs.count) inputs, but \(targets.count) targets.")
  }

  private static func check(_ weight: Float) {
    require(weight >= 0 && weight.isFinite, "A row's weight must be finite and 0 or more, not \(weight).")
  }

  private static func check(_ example: Int, of inputs: any InputSource) {
    require(example >= 0 && example < inputs.count, "There is no example \(example) among \(inputs.count) inputs.")
  }

  /// Makes sure that no thread is sent for an example that is not there.
  static func check(_ indices: ArraySlice<Int>, of inputs: any InputSource) {
    let count = inputs.count
    for index in indices {
      require(index >= 0 && index < count, "There is no example \(index) among \(count) inputs.")
    }
  }
}
