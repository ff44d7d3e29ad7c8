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
}
