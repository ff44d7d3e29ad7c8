// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// One stochastic-gradient-descent update of a run of parameters.
public struct DescentArguments {
  public var learningRate: Float
  public var momentum: Float
  public var dampening: Float
  public var weightDecay: Float
  public var usesNesterovMomentum: Bool
  /// Whether the velocities hold nothing yet: the first gradient is then taken as it is, without dampening.
  public var isFirstUpdate: Bool
  public var parameters: UnsafeMutablePointer<Float>
  public var gradient: UnsafePointer<Float>
  /// One velocity a parameter; not touched when `momentum` is 0.
  public var velocity: UnsafeMutablePointer<Float>
  public var count: Int

  @inlinable
  public init(
    learningRate: Float, momentum: Float, dampening: Float, weightDecay: Float, usesNesterovMomentum: Bool,
    isFirstUpdate: Bool, parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, count: Int
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.dampening = dampening
    self.weightDecay = weightDecay
    self.usesNesterovMomentum = usesNesterovMomentum
    self.isFirstUpdate = isFirstUpdate
    self.parameters = parameters
    self.gradient = gradient
    self.velocity = velocity
    self.count = count
  }
}

/// One update of a run of parameters by Adam with decoupled weight decay.
public struct AdamArguments {
  /// θ ← θ · kept, before anything else: 1 − γλ.
  public var kept: Float
  /// The share of each average that is kept, β₁ and β₂.
  public var beta1: Float
  public var beta2: Float
  /// γ divided by 1 − β₁ᵗ.
  public var stepSize: Float
  /// √(1 − β₂ᵗ).
  public var rootCorrection: Float
  public var epsilon: Float
  public var parameters: UnsafeMutablePointer<Float>
  public var gradient: UnsafePointer<Float>
  public var averages: UnsafeMutablePointer<Float>
  public var squares: UnsafeMutablePointer<Float>
  public var count: Int

  @inlinable
  public init(
    kept: Float, beta1: Float, beta2: Float, stepSize: Float, rootCorrection: Float, epsilon: Float,
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, averages: UnsafeMutablePointer<Float>,
    squares: UnsafeMutablePointer<Float>, count: Int
  ) {
    self.kept = kept
    self.beta1 = beta1
    self.beta2 = beta2
    self.stepSize = stepSize
    self.rootCorrection = rootCorrection
    self.epsilon = epsilon
    self.parameters = parameters
    self.gradient = gradient
    self.averages = averages
    self.squares = squares
    self.count = count
  }
}

/// The optimizers' updates.
public enum OptimizerKernels<V: KernelVector> {
  @inlinable @inline(__always)
  public static func descend(_ call: DescentArguments) {
    let (parameters, gradient, velocity) = (call.parameters, call.gradient, call.velocity)
    let rate = call.learningRate
    let decay = call.weightDecay
    let momentum = call.momentum
    if momentum == 0 {
      for index in 0..<call.count {
        parameters[index] -= rate * (gradient[index] + decay * parameters[index])
      }
      return
    }
    // One pass over everything: parameters and velocities are often more than the first-level cache holds.
    let kept = call.isFirstUpdate ? 0 : momentum
    let fresh = call.isFirstUpdate ? 1 : 1 - call.dampening
    if call.usesNesterovMomentum {
      for index in 0..<call.count {
        let direction = gradient[index] + decay * parameters[index]
        let speed = kept * velocity[index] + fresh * direction
        velocity[index] = speed
        parameters[index] -= rate * (direction + momentum * speed)
      }
    } else {
      for index in 0..<call.count {
        let direction = gradient[index] + decay * parameters[index]
        let speed = kept * velocity[index] + fresh * direction
        velocity[index] = speed
        parameters[index] -= rate * speed
      }
    }
  }

  @inlinable @inline(__always)
  public static func adam(_ call: AdamArguments) {
    let (parameters, gradient, averages, squares) = (call.parameters, call.gradient, call.averages, call.squares)
    let (kept, beta1, beta2) = (call.kept, call.beta1, call.beta2)
    let (fresh1, fresh2) = (1 - beta1, 1 - beta2)
    let (stepSize, rootCorrection, epsilon) = (call.stepSize, 1 / call.rootCorrection, call.epsilon)
    for index in 0..<call.count {
      let slope = gradient[index]
      let average = averages[index] * beta1 + slope * fresh1
      let square = squares[index] * beta2 + slope * slope * fresh2
      averages[index] = average
      squares[index] = square
      let scale = square.squareRoot() * rootCorrection + epsilon
      parameters[index] = parameters[index] * kept - stepSize * (average / scale)
    }
  }
}
