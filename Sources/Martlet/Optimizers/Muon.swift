import Kernels
import Requirements

/// Momentum whose direction is orthogonalised, for weights that are matrices; another optimizer has all other parameters.
///
/// The weights of a layer are a matrix W of one row an output unit. With learning rate γ, momentum μ and gradient G:
///
///     V ← μV + G
///     D ← G + μV with Nesterov momentum, and V without
///     W ← W · √units / ‖W‖, if weights are normalised
///     W ← (1 − γλ)W − γ · orthogonal(D), with the weight decay λ of its group, if it has one
///
/// Orthogonalising brings all singular values near 1, by some Newton–Schulz iterations on X, which starts as D / (‖D‖ + 10⁻⁷), with
/// A = XXᵀ: X ← 3.4445 X + (−4.7750 A + 2.0315 A²) X. Where W has more rows than columns, D is transposed for it.
///
/// A matrix is updated by one thread. Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024),
/// <https://kellerjordan.github.io/posts/muon/>; this is the form in airbench94_muon, in single precision.
///
/// ```swift
/// let optimizer = Muon(
///   learningRate: 0.24, momentum: 0.6, steps: 3, matrices: .matching("*conv*.weight"),
///   others: SGD(learningRate: 0.1, momentum: 0.85, nesterov: true))
/// print(optimizer.slots)  // ["momentum_buffer"]
/// ```
public struct Muon: Optimizer, Hashable {
  /// γ.
  public var learningRate: Float {
    didSet { require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).") }
  }
  /// μ.
  public let momentum: Float
  /// Whether the gradient is taken where the velocity leads (Nesterov).
  public let usesNesterovMomentum: Bool
  /// The Newton–Schulz iterations.
  public let steps: Int
  /// Whether weights keep the norm √units.
  public let normalizesWeights: Bool
  /// Which parameters are updated as matrices, as far as they have two sizes or more.
  public let matrices: ParameterGroup.Selection
  /// What updates all other parameters.
  public let others: SGD

  /// Muon with the given hyperparameters: learning rate and momentum are 0 or more, and there is one iteration at least.
  ///
  /// - Parameters:
  ///   - learningRate: γ.
  ///   - momentum: μ.
  ///   - nesterov: whether the gradient is taken where the velocity leads.
  ///   - steps: the Newton–Schulz iterations; airbench94_muon takes 3.
  ///   - normalizesWeights: whether weights keep the norm √units; the convolutions are then to be followed by a normalisation.
  ///   - matrices: which parameters are updated as matrices, as far as they have two sizes or more.
  ///   - others: what updates all other parameters.
  public init(
    learningRate: Float, momentum: Float = 0.95, nesterov: Bool = true, steps: Int = 5,
    normalizesWeights: Bool = true, matrices: ParameterGroup.Selection = .roles([.weight]), others: SGD
  ) {
    require(learningRate >= 0, "The learning rate must be 0 or more, not \(learningRate).")
    require(momentum >= 0, "Momentum cannot be negative: \(momentum).")
    require(steps >= 1, "There must be one Newton–Schulz iteration at least, not \(steps).")
    self.learningRate = learningRate
    self.momentum = momentum
    usesNesterovMomentum = nesterov
    self.steps = steps
    self.normalizesWeights = normalizesWeights
    self.matrices = matrices
    self.others = others
  }

  /// One velocity an element.
  public var slots: [String] { ["momentum_buffer"] }

  /// Matrices are.
  public func updatesWhole(_ parameter: Network.Parameter) -> Bool {
    parameter.shape.dimensions.count >= 2 && matrices.contains(parameter)
  }

  /// What the iterations need.
  public func workspaceCount(for parameter: Network.Parameter) -> Int {
    guard updatesWhole(parameter) else { return 0 }
    let units = parameter.shape[0]
    return Kernel.orthogonalizationWorkspaceCount(rows: units, columns: parameter.shape.count / units)
  }

  /// Moves a matrix, or a run of elements of another parameter.
  public func update(_ pass: inout UpdatePass) {
    guard pass.isWhole else { return others.update(&pass) }
    let (count, units) = (pass.gradient.count, pass.parameter.shape[0])
    var sum = 0.0
    for index in 0..<count {
      let slope = pass.gradient[index]
      let speed = momentum * pass.state[index] + slope
      pass.state[index] = speed
      pass.workspace[index] = usesNesterovMomentum ? slope + momentum * speed : speed
      sum += Double(pass.parameters[index]) * Double(pass.parameters[index])
    }
    Kernel.orthogonalize(
      rows: units, columns: count / units, coefficients: (3.4445, -4.7750, 2.0315), steps: steps,
      workspace: &pass.workspace)
    let rate = learningRate * pass.settings.learningRateFactor
    let isNormalized = normalizesWeights && sum > 0 && rate > 0
    let kept =
      (isNormalized ? Float((Double(units) / sum).squareRoot()) : 1) * (1 - rate * (pass.settings.weightDecay ?? 0))
    for index in 0..<count {
      pass.parameters[index] = kept * pass.parameters[index] - rate * pass.workspace[index]
    }
  }
}
