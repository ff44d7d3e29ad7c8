import Requirements

extension Initializer {
  /// The first values of a parameter of `shape`, out of `source`.
  func values(_ shape: Shape, from source: RandomSource) -> [Float] {
    switch rule {
    case .constant(let value): Array(repeating: value, count: shape.count)
    case .uniform(let bound): Self.uniform(shape, bound: bound, from: source)
    case .uniformRange(let low, let high):
      (0..<shape.count).map { low + source.uniform(at: $0) * (high - low) }
    case .normal(let mean, let deviation):
      (0..<shape.count).map { Float(Double(mean) + Double(deviation) * source.normal(at: $0)) }
    case .standard: Initializer.fanIn(Self.fans(shape).input).values(shape, from: source)
    case .kaiming(let isNormal, let mode, let gain):
      {
        let fans = Self.fans(shape)
        let deviation = gain / Double(mode == .fanIn ? fans.input : fans.output).squareRoot()
        return Self.values(shape, deviation: deviation, isNormal: isNormal, from: source)
      }()
    case .xavier(let isNormal, let gain):
      {
        let fans = Self.fans(shape)
        let deviation = gain * (2 / Double(fans.input + fans.output)).squareRoot()
        return Self.values(shape, deviation: deviation, isNormal: isNormal, from: source)
      }()
    case .orthogonal(let gain): Self.orthogonal(shape, gain: gain, from: source)
    case .dirac(let groups, let others): Self.dirac(shape, groups: groups, others: others, from: source)
    }
  }

  /// The inputs that one output sums over, and the outputs that one input goes to, as PyTorch counts them.
  private static func fans(_ shape: Shape) -> (input: Int, output: Int) {
    require(
      shape.rank >= 2, "Fan-in and fan-out come from a weight, (outputs, inputs, …); a parameter \(shape) has neither.")
    let kernel = shape.dimensions.dropFirst(2).reduce(1, *)
    return (shape[1] * kernel, shape[0] * kernel)
  }

  /// A uniform number in ±√3 has a deviation of 1.
  private static func values(
    _ shape: Shape, deviation: Double, isNormal: Bool, from source: RandomSource
  ) -> [Float] {
    isNormal
      ? (0..<shape.count).map { Float(deviation * source.normal(at: $0)) }
      : uniform(shape, bound: Float(3.0.squareRoot() * deviation), from: source)
  }

  private static func uniform(_ shape: Shape, bound: Float, from source: RandomSource) -> [Float] {
    (0..<shape.count).map { (source.uniform(at: $0) * 2 - 1) * bound }
  }

  private static func dirac(
    _ shape: Shape, groups: Int, others: Initializer, from source: RandomSource
  ) -> [Float] {
    require(shape.rank >= 3, "A dirac is for the weights of convolutions, not for a parameter \(shape).")
    require(shape[0] % groups == 0, "\(shape[0]) output channels do not go into \(groups) groups of one size.")
    var values = others.values(shape, from: source)
    let kernel = Array(shape.dimensions.dropFirst(2))
    let kernelCount = kernel.reduce(1, *)
    let middle = kernel.reduce(0) { $0 * $1 + $1 / 2 }
    let size = shape[1] * kernelCount
    let groupSize = shape[0] / groups
    for group in 0..<groups {
      for channel in 0..<min(groupSize, shape[1]) {
        let first = (group * groupSize + channel) * size
        for index in first..<first + size { values[index] = 0 }
        values[first + channel * kernelCount + middle] = 1
      }
    }
    return values
  }

  /// Rows of normal numbers, each less what it shares with those before it, and then of length `gain`; columns if there are more
  /// rows than columns. That is the Q of a QR decomposition whose R has a positive diagonal, as PyTorch makes it.
  private static func orthogonal(_ shape: Shape, gain: Double, from source: RandomSource) -> [Float] {
    require(shape.rank >= 2, "An orthogonal matrix has rows and columns; a parameter \(shape) has not.")
    let rows = shape[0]
    let columns = shape.count / rows
    let (vectors, length) = (min(rows, columns), max(rows, columns))
    func position(_ vector: Int, _ element: Int) -> Int {
      rows <= columns ? vector * columns + element : element * columns + vector
    }
    // (vectors, elements in eights, with zeros behind the last).
    let width = (length + 7) / 8
    var basis = [SIMD8<Double>](repeating: .zero, count: vectors * width)
    for vector in 0..<vectors {
      for element in 0..<length {
        basis[vector * width + element / 8][element % 8] = source.normal(at: position(vector, element))
      }
    }
    for vector in 0..<vectors {
      // Twice: the first time leaves rounding errors of what it takes away.
      for _ in 0..<2 {
        for other in 0..<vector {
          var product = SIMD8<Double>.zero
          for index in 0..<width { product += basis[vector * width + index] * basis[other * width + index] }
          let share = product.sum()
          for index in 0..<width { basis[vector * width + index] -= share * basis[other * width + index] }
        }
      }
      var square = SIMD8<Double>.zero
      for index in 0..<width { square += basis[vector * width + index] * basis[vector * width + index] }
      let scale = 1 / square.sum().squareRoot()
      for index in 0..<width { basis[vector * width + index] *= scale }
    }
    var values = [Float](repeating: 0, count: shape.count)
    for vector in 0..<vectors {
      for element in 0..<length {
        values[position(vector, element)] = Float(gain * basis[vector * width + element / 8][element % 8])
      }
    }
    return values
  }
}
