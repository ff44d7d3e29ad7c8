import KernelCore
import Requirements

extension Kernel {
  /// One update of stochastic gradient descent; `velocity` may be empty when `momentum` is 0.
  public static func descend(
    learningRate: Float, momentum: Float, dampening: Float, weightDecay: Float, usesNesterovMomentum: Bool,
    isFirstUpdate: Bool, parameters: inout MutableSpan<Float>, gradient: Span<Float>,
    velocity: inout MutableSpan<Float>
  ) {
    require(parameters.count == gradient.count, "Parameters and gradient must have one size.")
    require(momentum == 0 || velocity.count == gradient.count, "Momentum needs one velocity a parameter.")
    set.descend(
      DescentArguments(
        learningRate: learningRate, momentum: momentum, dampening: dampening, weightDecay: weightDecay,
        usesNesterovMomentum: usesNesterovMomentum, isFirstUpdate: isFirstUpdate, parameters: parameters.pointer,
        gradient: gradient.pointer, velocity: velocity.pointer, count: gradient.count))
  }

  /// One update by Adam with decoupled weight decay.
  ///
  /// - Parameter state: (2, count): the averages of gradients, and those of their squares.
  public static func adam(
    kept: Float, beta1: Float, beta2: Float, stepSize: Float, rootCorrection: Float, epsilon: Float,
    parameters: inout MutableSpan<Float>, gradient: Span<Float>, state: inout MutableSpan<Float>
  ) {
    let count = gradient.count
    require(parameters.count == count, "Parameters and gradient must have one size.")
    require(state.count == 2 * count, "Adam keeps two floats of each parameter.")
    let averages = state.pointer
    set.adam(
      AdamArguments(
        kept: kept, beta1: beta1, beta2: beta2, stepSize: stepSize, rootCorrection: rootCorrection, epsilon: epsilon,
        parameters: parameters.pointer, gradient: gradient.pointer, averages: averages, squares: averages + count,
        count: count))
  }

  /// One update by Adam, with weight decay in the gradient.
  ///
  /// - Parameter state: (2, count), as in `adam`, or (3, count) with the largest averages of squares, by which it then divides.
  public static func coupledAdam(
    weightDecay: Float, beta1: Float, beta2: Float, stepSize: Float, rootCorrection: Float, epsilon: Float,
    parameters: inout MutableSpan<Float>, gradient: Span<Float>, state: inout MutableSpan<Float>
  ) {
    let count = gradient.count
    require(parameters.count == count, "Parameters and gradient must have one size.")
    require(state.count == 2 * count || state.count == 3 * count, "Adam keeps two or three floats of each parameter.")
    let averages = state.pointer
    set.coupledAdam(
      AdamArguments(
        kept: 1, beta1: beta1, beta2: beta2, stepSize: stepSize, rootCorrection: rootCorrection, epsilon: epsilon,
        parameters: parameters.pointer, gradient: gradient.pointer, averages: averages, squares: averages + count,
        count: count), weightDecay, state.count == 3 * count ? averages + 2 * count : nil)
  }

  /// One update by RMSprop.
  ///
  /// - Parameter state: (slots, count): averages of squares, velocities if there is momentum, averages of gradients if it is centered.
  public static func rmsprop(
    learningRate: Float, alpha: Float, epsilon: Float, weightDecay: Float, momentum: Float, isCentered: Bool,
    parameters: inout MutableSpan<Float>, gradient: Span<Float>, state: inout MutableSpan<Float>
  ) {
    let count = gradient.count
    require(parameters.count == count, "Parameters and gradient must have one size.")
    let slots = 1 + (momentum == 0 ? 0 : 1) + (isCentered ? 1 : 0)
    require(state.count == slots * count, "RMSprop keeps \(slots) floats of each parameter here.")
    let squares = state.pointer
    set.rmsprop(
      RMSpropArguments(
        learningRate: learningRate, alpha: alpha, epsilon: epsilon, weightDecay: weightDecay, momentum: momentum,
        parameters: parameters.pointer, gradient: gradient.pointer, squares: squares,
        velocity: momentum == 0 ? nil : squares + count, averages: isCentered ? squares + (slots - 1) * count : nil,
        count: count))
  }
}
