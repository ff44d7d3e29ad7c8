// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Max-pooling. Padding counts as −∞; of equal maxima the first in row-major order takes the gradient, and a NaN wins
/// over everything, the last NaN over the others: PyTorch's rules.
public enum PoolingKernels<V: KernelVector> {
  /// `input` is (rows, channels, inputHeight, inputWidth), `output` (rows, channels, outputHeight, outputWidth), or both with their
  /// channels last.
  @inlinable @inline(__always)
  public static func forward(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    if geometry.isTwoByTwo { return forwardTwoByTwo(geometry, rows, input, output) }
    if geometry.layout == .channelsLast { return forwardChannelsLast(geometry, rows, input, output) }
    var next = output
    for plane in 0..<rows * geometry.channels {
      let source = input + plane * geometry.inputHeight * geometry.inputWidth
      for y in 0..<geometry.outputHeight {
        for x in 0..<geometry.outputWidth {
          next.pointee = source[winner(geometry, source, y, x)]
          next += 1
        }
      }
    }
  }

  /// Finds each window's winner again, which costs less than keeping it, and adds the window's gradient there.
  @inlinable @inline(__always)
  public static func backward(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>,
    _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    inputGradient.update(repeating: 0, count: rows * geometry.inputCount)
    if geometry.isTwoByTwo { return backwardTwoByTwo(geometry, rows, input, outputGradient, inputGradient) }
    if geometry.layout == .channelsLast {
      return backwardChannelsLast(geometry, rows, input, outputGradient, inputGradient)
    }
    var next = outputGradient
    for plane in 0..<rows * geometry.channels {
      let offset = plane * geometry.inputHeight * geometry.inputWidth
      for y in 0..<geometry.outputHeight {
        for x in 0..<geometry.outputWidth {
          inputGradient[offset + winner(geometry, input + offset, y, x)] += next.pointee
          next += 1
        }
      }
    }
  }

  /// The position of the window's maximum in its plane.
  @inlinable @inline(__always)
  static func winner(_ geometry: PoolingGeometry, _ plane: UnsafePointer<Float>, _ y: Int, _ x: Int) -> Int {
    let (rows, columns) = (geometry.rows(y), geometry.columns(x))
    let (top, bottom) = (rows.lowerBound, rows.upperBound)
    let (left, right) = (columns.lowerBound, columns.upperBound)
    var best = top * geometry.inputWidth + left
    var maximum = plane[best]
    var windowY = top
    while windowY < bottom {
      var windowX = left
      while windowX < right {
        let position = windowY * geometry.inputWidth + windowX
        let value = plane[position]
        if value > maximum || value.isNaN {
          maximum = value
          best = position
        }
        windowX += 1
      }
      windowY += 1
    }
    return best
  }

  // MARK: Windows of 2×2 side by side, the common case: no branches, so that the compiler uses vectors.

  /// Whether `candidate` wins over `maximum`, the winner of what comes before it.
  @inlinable @inline(__always)
  static func wins(_ candidate: Float, over maximum: Float) -> Bool { candidate > maximum || candidate != candidate }

  @inlinable @inline(__always)
  static func forwardTwoByTwo(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let (width, outputWidth) = (geometry.inputWidth, geometry.outputWidth)
    for plane in 0..<rows * geometry.channels {
      for y in 0..<geometry.outputHeight {
        let upper = input + (plane * geometry.inputHeight + 2 * y) * width
        let lower = upper + width
        let target = output + (plane * geometry.outputHeight + y) * outputWidth
        for x in 0..<outputWidth {
          var maximum = upper[2 * x]
          maximum = wins(upper[2 * x + 1], over: maximum) ? upper[2 * x + 1] : maximum
          maximum = wins(lower[2 * x], over: maximum) ? lower[2 * x] : maximum
          maximum = wins(lower[2 * x + 1], over: maximum) ? lower[2 * x + 1] : maximum
          target[x] = maximum
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func backwardTwoByTwo(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>,
    _ outputGradient: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let (width, outputWidth) = (geometry.inputWidth, geometry.outputWidth)
    for plane in 0..<rows * geometry.channels {
      for y in 0..<geometry.outputHeight {
        let offset = (plane * geometry.inputHeight + 2 * y) * width
        let (upper, lower) = (input + offset, input + offset + width)
        let (upperGradient, lowerGradient) = (inputGradient + offset, inputGradient + offset + width)
        let source = outputGradient + (plane * geometry.outputHeight + y) * outputWidth
        for x in 0..<outputWidth {
          let (first, second, third, fourth) = (upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1])
          let secondWins = wins(second, over: first)
          let ofTwo = secondWins ? second : first
          let thirdWins = wins(third, over: ofTwo)
          let fourthWins = wins(fourth, over: thirdWins ? third : ofTwo)
          let gradient = source[x]
          upperGradient[2 * x] = secondWins || thirdWins || fourthWins ? 0 : gradient
          upperGradient[2 * x + 1] = secondWins && !thirdWins && !fourthWins ? gradient : 0
          lowerGradient[2 * x] = thirdWins && !fourthWins ? gradient : 0
          lowerGradient[2 * x + 1] = fourthWins ? gradient : 0
        }
      }
    }
  }
}
