// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Kernels that visit each element once.
public enum ElementwiseKernels<V: KernelVector> {
  /// `output = max(input, 0)`; a NaN stays a NaN.
  @inlinable @inline(__always)
  public static func rectify(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int) {
    for index in 0..<count {
      let value = input[index]
      output[index] = value < 0 ? 0 : value
    }
  }

  /// `inputGradient = outputGradient` where the input was positive, and 0 elsewhere (also at 0).
  @inlinable @inline(__always)
  public static func rectifyGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count {
      inputGradient[index] = input[index] <= 0 ? 0 : outputGradient[index]
    }
  }

  /// `output = a + b`; `output` may be `a` or `b`.
  @inlinable @inline(__always)
  public static func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count { output[index] = a[index] + b[index] }
  }

  /// `output = input · factor`; `output` may be `input`.
  @inlinable @inline(__always)
  public static func scale(
    _ input: UnsafePointer<Float>, _ factor: Float, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count { output[index] = input[index] * factor }
  }

  /// `output = byte · scale + offset`.
  @inlinable @inline(__always)
  public static func normalize(
    _ bytes: UnsafePointer<UInt8>, _ scale: Float, _ offset: Float, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for index in 0..<count { output[index] = Float(bytes[index]) * scale + offset }
  }
}

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
    // 0 − rate·x rounds like −rate·x: one form serves plain and momentum steps.
    let rate = call.learningRate
    let decay = call.weightDecay
    let momentum = call.momentum
    if momentum == 0 {
      for index in 0..<call.count {
        parameters[index] -= rate * (gradient[index] + decay * parameters[index])
      }
      return
    }
    if call.isFirstUpdate {
      for index in 0..<call.count { velocity[index] = gradient[index] + decay * parameters[index] }
    } else {
      let fresh = 1 - call.dampening
      for index in 0..<call.count {
        velocity[index] = momentum * velocity[index] + fresh * (gradient[index] + decay * parameters[index])
      }
    }
    if call.usesNesterovMomentum {
      for index in 0..<call.count {
        let direction = gradient[index] + decay * parameters[index]
        parameters[index] -= rate * (direction + momentum * velocity[index])
      }
    } else {
      for index in 0..<call.count { parameters[index] -= rate * velocity[index] }
    }
  }
}
