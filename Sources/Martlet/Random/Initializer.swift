import Requirements

/// How a parameter's first values are drawn.
///
/// Layers take initialisers as arguments, with PyTorch's defaults. What depends on the fan-in or the fan-out gets it from the
/// parameter's shape, (outputs, inputs, kernel sizes…): fan-in is the number of inputs times the kernel's elements, fan-out that of
/// outputs times the kernel's elements. Random numbers depend on the seed and the parameter's name alone.
///
/// ```swift
/// let model = Sequential {
///   Conv2d(3, 64, kernelSize: 3, weight: .kaimingNormal(mode: .fanOut), bias: false)
///   ReLU()
///   Flatten()
///   Linear(64 * 36, 10, weight: .xavierUniform(), bias: .constant(0)).named("last")
/// }
/// let parameters = try Parameters(of: Network(model, inputShape: [3, 8, 8]), seed: 1)
/// print(parameters["last.bias"].allSatisfy { $0 == 0 })  // true
/// ```
public struct Initializer: Sendable, Hashable {
  /// What is drawn; see the functions that make it.
  enum Rule: Sendable, Hashable {
    case constant(Float)
    case uniform(bound: Float)
    case uniformRange(low: Float, high: Float)
    case normal(mean: Float, deviation: Float)
    case standard
    case kaiming(isNormal: Bool, mode: FanMode, gain: Double)
    case xavier(isNormal: Bool, gain: Double)
    case orthogonal(gain: Double)
    indirect case dirac(groups: Int, others: Initializer)
  }

  let rule: Rule

  /// One value everywhere.
  public static func constant(_ value: Float) -> Initializer { Initializer(rule: .constant(value)) }

  /// Uniform in −bound … bound.
  public static func uniform(bound: Float) -> Initializer { Initializer(rule: .uniform(bound: bound)) }

  /// Uniform from `low` to `high`, as PyTorch's `init.uniform_`.
  public static func uniform(from low: Float, to high: Float) -> Initializer {
    require(low <= high, "Uniform numbers from \(low) to \(high): the first must not be the larger one.")
    return Initializer(rule: .uniformRange(low: low, high: high))
  }

  /// Normal, as PyTorch's `init.normal_`.
  public static func normal(mean: Float = 0, deviation: Float = 1) -> Initializer {
    require(deviation >= 0, "A standard deviation cannot be below 0: \(deviation).")
    return Initializer(rule: .normal(mean: mean, deviation: deviation))
  }

  /// PyTorch's default for the weights of `Conv2d` and `Linear`: uniform in ±1/√fan-in, with the fan-in of the parameter's shape.
  public static let fanIn = Initializer(rule: .standard)

  /// PyTorch's default for the biases of `Conv2d` and `Linear`: uniform in ±1/√fan-in.
  ///
  /// - Parameter fanIn: the number of inputs that one output sums over.
  public static func fanIn(_ fanIn: Int) -> Initializer {
    require(fanIn >= 1, "The fan-in must be at least 1, not \(fanIn).")
    return .uniform(bound: 1 / Float(fanIn).squareRoot())
  }

  /// Uniform in ±gain · √(3 / fan), which has a deviation of gain / √fan: PyTorch's `init.kaiming_uniform_`.
  ///
  /// He, Zhang, Ren and Sun, "Delving Deep into Rectifiers" (2015).
  public static func kaimingUniform(mode: FanMode = .fanIn, nonlinearity: Nonlinearity = .relu) -> Initializer {
    Initializer(rule: .kaiming(isNormal: false, mode: mode, gain: nonlinearity.gain))
  }

  /// Normal with a deviation of gain / √fan: PyTorch's `init.kaiming_normal_`.
  ///
  /// He, Zhang, Ren and Sun, "Delving Deep into Rectifiers" (2015).
  public static func kaimingNormal(mode: FanMode = .fanIn, nonlinearity: Nonlinearity = .relu) -> Initializer {
    Initializer(rule: .kaiming(isNormal: true, mode: mode, gain: nonlinearity.gain))
  }

  /// Uniform in ±gain · √(6 / (fan-in + fan-out)): PyTorch's `init.xavier_uniform_`.
  ///
  /// Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks" (2010).
  public static func xavierUniform(gain: Double = 1) -> Initializer {
    Initializer(rule: .xavier(isNormal: false, gain: gain))
  }

  /// Normal with a deviation of gain · √(2 / (fan-in + fan-out)): PyTorch's `init.xavier_normal_`.
  ///
  /// Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks" (2010).
  public static func xavierNormal(gain: Double = 1) -> Initializer {
    Initializer(rule: .xavier(isNormal: true, gain: gain))
  }

  /// A random matrix, (outputs, all else), whose rows are orthogonal and of length `gain`, or its columns if there are more rows
  /// than columns: PyTorch's `init.orthogonal_`.
  ///
  /// Saxe, McClelland and Ganguli, "Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks" (2013).
  public static func orthogonal(gain: Double = 1) -> Initializer { Initializer(rule: .orthogonal(gain: gain)) }

  /// Output channel i passes input channel i through: 1 in the middle of its kernel, and 0 elsewhere. PyTorch's `init.dirac_`, for
  /// the weights of convolutions.
  ///
  /// Where there are more output channels than input channels, the others get `others`. With `others: .fanIn`, this is how the
  /// networks of Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024), start: identities first, PyTorch's default behind.
  ///
  /// ```swift
  /// let layer = Conv2d(2, 4, kernelSize: 3, padding: 1, weight: .dirac(others: .fanIn), bias: false)
  /// let parameters = try Parameters(of: Network(layer, inputShape: [2, 5, 5]), seed: 1)
  /// print(parameters["weight"][0..<9])  // [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
  /// ```
  ///
  /// - Parameters:
  ///   - groups: the groups of output channels, each of which starts with the first input channel.
  ///   - others: the first values of the output channels that pass nothing through.
  public static func dirac(groups: Int = 1, others: Initializer = .constant(0)) -> Initializer {
    require(groups >= 1, "There must be at least one group of channels, not \(groups).")
    return Initializer(rule: .dirac(groups: groups, others: others))
  }
}

/// Which number of connections the variance of a weight's first values is divided by.
public enum FanMode: Sendable, Hashable {
  /// The inputs of one output: the variance of values is kept on the way forward.
  case fanIn
  /// The outputs that one input goes to: the variance of gradients is kept on the way back.
  case fanOut
}

/// The function behind a layer, and by how much the layer's first weights are larger for it.
public enum Nonlinearity: Sendable, Hashable {
  /// None.
  case linear
  /// The logistic function.
  case sigmoid
  /// The hyperbolic tangent.
  case tanh
  /// The rectifier.
  case relu
  /// The rectifier with a slope below 0.
  case leakyReLU(slope: Double)
  /// The scaled exponential linear unit.
  case selu

  /// The gain that PyTorch's `init.calculate_gain` recommends: 5/3 for tanh, √2 for the rectifier, √(2 / (1 + slope²)) for one with
  /// a slope, 3/4 for SELU, and 1 for the others.
  ///
  /// ```swift
  /// print(Nonlinearity.tanh.gain)  // 1.6666666666666667
  /// ```
  public var gain: Double {
    switch self {
    case .linear, .sigmoid: 1
    case .tanh: 5.0 / 3
    case .relu: 2.0.squareRoot()
    case .leakyReLU(let slope): (2 / (1 + slope * slope)).squareRoot()
    case .selu: 0.75
    }
  }
}
