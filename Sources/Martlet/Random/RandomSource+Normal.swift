extension RandomSource {
  /// A normal number with mean 0 and deviation 1, at `index`. Uses the words 2·`index` and 2·`index` + 1.
  ///
  /// √(−2 log u)·cos(2π v), with u in 0 <… 1 and v in 0 ..< 1: Box and Muller, "A Note on the Generation of Random Normal
  /// Deviates" (1958). The largest number is 6.7.
  ///
  /// ```swift
  /// let source = RandomSource(seed: 1).stream("conv1.weight")
  /// print(source.normal(at: 0) == source.normal(at: 0))  // true
  /// ```
  public func normal(at index: Int) -> Double {
    let four = words(at: index / 2)
    let half = index % 2 * 2
    let radius = (-2 * ((Double(four[half]) + 1) * 0x1p-32).naturalLogarithm).squareRoot()
    return radius * (2 * Double.pi * Double(four[half + 1]) * 0x1p-32).cosine
  }
}
