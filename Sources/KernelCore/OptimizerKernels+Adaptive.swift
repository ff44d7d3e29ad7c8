// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// One update of a run of parameters by RMSprop.
public struct RMSpropArguments {
  public var learningRate: Float
  /// The share of the averages that is kept.
  public var alpha: Float
  public var epsilon: Float
  public var weightDecay: Float
  public var momentum: Float
  public var parameters: UnsafeMutablePointer<Float>
  public var gradient: UnsafePointer<Float>
  public var squares: UnsafeMutablePointer<Float>
  /// One velocity a parameter; nil without momentum.
  public var velocity: UnsafeMutablePointer<Float>?
  /// The averages of gradients; nil if squares are not taken about them.
  public var averages: UnsafeMutablePointer<Float>?
  public var count: Int

  @inlinable
  public init(
    learningRate: Float, alpha: Float, epsilon: Float, weightDecay: Float, momentum: Float,
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, squares: UnsafeMutablePointer<Float>,
    velocity: UnsafeMutablePointer<Float>?, averages: UnsafeMutablePointer<Float>?, count: Int
  ) {
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.parameters = parameters
    self.gradient = gradient
    self.squares = squares
    self.velocity = velocity
    self.averages = averages
    self.count = count
  }
}

/// Updates that divide by a root of averaged squares.
extension OptimizerKernels {
  /// Adam whose weight decay is a part of the gradient.
  ///
  /// - Parameter maxima: the largest averages of squares so far; nil to divide by those of now.
  @inlinable @inline(__always)
  public static func coupledAdam(_ call: AdamArguments, weightDecay: Float, maxima: UnsafeMutablePointer<Float>?) {
    let (parameters, gradient, averages, squares) = (call.parameters, call.gradient, call.averages, call.squares)
    let (beta1, beta2) = (call.beta1, call.beta2)
    let (fresh1, fresh2) = (1 - beta1, 1 - beta2)
    let (stepSize, rootCorrection, epsilon) = (call.stepSize, 1 / call.rootCorrection, call.epsilon)
    if let maxima {
      for index in 0..<call.count {
        let slope = gradient[index] + weightDecay * parameters[index]
        let average = averages[index] * beta1 + slope * fresh1
        let square = squares[index] * beta2 + slope * slope * fresh2
        let maximum = square < maxima[index] ? maxima[index] : square
        averages[index] = average
        squares[index] = square
        maxima[index] = maximum
        parameters[index] -= stepSize * (average / (maximum.squareRoot() * rootCorrection + epsilon))
      }
      return
    }
    for index in 0..<call.count {
      let slope = gradient[index] + weightDecay * parameters[index]
      let average = averages[index] * beta1 + slope * fresh1
      let square = squares[index] * beta2 + slope * slope * fresh2
      averages[index] = average
      squares[index] = square
      parameters[index] -= stepSize * (average / (square.squareRoot() * rootCorrection + epsilon))
    }
  }

  @inlinable @inline(__always)
  public static func rmsprop(_ call: RMSpropArguments) {
    let (alpha, fresh) = (call.alpha, 1 - call.alpha)
    let (rate, momentum) = (call.learningRate, call.momentum)
    // Four loops, so that each is without branches.
    switch (call.averages, call.velocity) {
    case (nil, nil):
      for index in 0..<call.count {
        let slope = call.gradient[index] + call.weightDecay * call.parameters[index]
        let square = call.squares[index] * alpha + slope * slope * fresh
        call.squares[index] = square
        call.parameters[index] -= rate * (slope / (square.squareRoot() + call.epsilon))
      }
    case (nil, let velocity?):
      for index in 0..<call.count {
        let slope = call.gradient[index] + call.weightDecay * call.parameters[index]
        let square = call.squares[index] * alpha + slope * slope * fresh
        let speed = velocity[index] * momentum + slope / (square.squareRoot() + call.epsilon)
        call.squares[index] = square
        velocity[index] = speed
        call.parameters[index] -= rate * speed
      }
    case (let averages?, nil):
      for index in 0..<call.count {
        let slope = call.gradient[index] + call.weightDecay * call.parameters[index]
        let square = call.squares[index] * alpha + slope * slope * fresh
        let average = averages[index] + fresh * (slope - averages[index])
        call.squares[index] = square
        averages[index] = average
        call.parameters[index] -= rate * (slope / (deviation(square, average) + call.epsilon))
      }
    case (let averages?, let velocity?):
      for index in 0..<call.count {
        let slope = call.gradient[index] + call.weightDecay * call.parameters[index]
        let square = call.squares[index] * alpha + slope * slope * fresh
        let average = averages[index] + fresh * (slope - averages[index])
        let speed = velocity[index] * momentum + slope / (deviation(square, average) + call.epsilon)
        call.squares[index] = square
        averages[index] = average
        velocity[index] = speed
        call.parameters[index] -= rate * speed
      }
    }
  }

  /// √(square − average²), which rounding may make less than nothing.
  @inlinable @inline(__always)
  static func deviation(_ square: Float, _ average: Float) -> Float {
    let variance = square - average * average
    return (variance < 0 ? 0 : variance).squareRoot()
  }
}
