// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Max-pooling. Padding counts as −∞; of equal maxima the first in row-major order takes the gradient, and a NaN wins
/// over everything, the last NaN over the others: PyTorch's rules.
public enum PoolingKernels<V: KernelVector> {
  /// `input` is (rows, channels, inputHeight, inputWidth), `output` (rows, channels, outputHeight, outputWidth).
  @inlinable @inline(__always)
  public static func forward(
    _ geometry: PoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
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
    let top = max(0, y * geometry.strideY - geometry.paddingY)
    let left = max(0, x * geometry.strideX - geometry.paddingX)
    let bottom = min(geometry.inputHeight, y * geometry.strideY - geometry.paddingY + geometry.kernelHeight)
    let right = min(geometry.inputWidth, x * geometry.strideX - geometry.paddingX + geometry.kernelWidth)
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
}
