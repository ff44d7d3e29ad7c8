// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Convolution of each channel by itself, one image at a time, with vectors along the channels.
///
/// Every sum has one order: kernel rows and columns in a forward pass, output rows and columns in a weight gradient. All lanes of a
/// register are computed, whichever channels are asked for, so that a channel's sum does not depend on the others.
public enum DepthwiseKernels<V: KernelVector> {
  /// - Parameters:
  ///   - input: (paddedHeight, paddedWidth, pixel).
  ///   - prepared: the weights, (taps, pixel), and the bias, (pixel).
  ///   - output: (outputHeight, outputWidth, pixel).
  @inlinable @inline(__always)
  public static func forward(
    _ geometry: DepthwiseGeometry, _ input: UnsafePointer<Float>, _ prepared: UnsafePointer<Float>,
    _ rectifies: Bool, _ output: UnsafeMutablePointer<Float>
  ) {
    let (pixel, taps, width) = (geometry.pixel, geometry.taps, geometry.outputWidth)
    let step = geometry.strideX * pixel
    for y in 0..<geometry.outputHeight {
      let line = input + y * geometry.strideY * geometry.paddedWidth * pixel
      let target = output + y * width * pixel
      var channel = 0
      while channel < pixel {
        let weights = prepared + channel
        let bias = V(loading: weights + taps * pixel)
        var x = 0
        // Four windows at a time share each weight.
        while x + 4 <= width {
          let source = line + (x * step + channel)
          var (a, b, c, d) = (bias, bias, bias, bias)
          for tap in 0..<taps {
            let weight = V(loading: weights + tap * pixel)
            let first = source + geometry.offset(tap)
            a = a.addingProduct(V(loading: first), weight)
            b = b.addingProduct(V(loading: first + step), weight)
            c = c.addingProduct(V(loading: first + 2 * step), weight)
            d = d.addingProduct(V(loading: first + 3 * step), weight)
          }
          let place = target + (x * pixel + channel)
          (rectifies ? a.rectified : a).store(to: place)
          (rectifies ? b.rectified : b).store(to: place + pixel)
          (rectifies ? c.rectified : c).store(to: place + 2 * pixel)
          (rectifies ? d.rectified : d).store(to: place + 3 * pixel)
          x += 4
        }
        while x < width {
          let source = line + (x * step + channel)
          var sum = bias
          for tap in 0..<taps {
            sum = sum.addingProduct(V(loading: source + geometry.offset(tap)), V(loading: weights + tap * pixel))
          }
          (rectifies ? sum.rectified : sum).store(to: target + (x * pixel + channel))
          x += 1
        }
        channel += V.laneCount
      }
    }
  }

  /// Adds each output's gradient to its window's.
  ///
  /// - Parameters:
  ///   - gradient: (outputHeight, outputWidth, pixel).
  ///   - inputGradient: (paddedHeight, paddedWidth, pixel); all 0.
  @inlinable @inline(__always)
  public static func backward(
    _ geometry: DepthwiseGeometry, _ gradient: UnsafePointer<Float>, _ prepared: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let (pixel, width) = (geometry.pixel, geometry.outputWidth)
    let step = geometry.strideX * pixel
    for y in 0..<geometry.outputHeight {
      let line = inputGradient + y * geometry.strideY * geometry.paddedWidth * pixel
      let source = gradient + y * width * pixel
      for tap in 0..<geometry.taps {
        let (target, weights) = (line + geometry.offset(tap), prepared + tap * pixel)
        var channel = 0
        while channel < pixel {
          let weight = V(loading: weights + channel)
          for x in 0..<width {
            let place = target + (x * step + channel)
            V(loading: place).addingProduct(V(loading: source + (x * pixel + channel)), weight).store(to: place)
          }
          channel += V.laneCount
        }
      }
    }
  }

  /// Adds one image's weight and bias gradients of some channels to `sums`, (taps + 1, pixel).
  @inlinable @inline(__always)
  public static func addGradients(
    _ geometry: DepthwiseGeometry, _ units: Range<Int>, _ input: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Float>
  ) {
    let (pixel, taps) = (geometry.pixel, geometry.taps)
    var channel = units.lowerBound / V.laneCount * V.laneCount
    while channel < units.upperBound {
      // Four taps at a time share each gradient. Where fewer are left, the last one is computed again and not used.
      var tap = 0
      while tap < taps {
        let count = min(4, taps - tap)
        let (first, second) = (geometry.offset(tap), geometry.offset(tap + min(1, count - 1)))
        let (third, fourth) = (geometry.offset(tap + min(2, count - 1)), geometry.offset(tap + min(3, count - 1)))
        var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
        for y in 0..<geometry.outputHeight {
          var source = input + (y * geometry.strideY * geometry.paddedWidth * pixel + channel)
          var slope = gradient + (y * geometry.outputWidth * pixel + channel)
          for _ in 0..<geometry.outputWidth {
            let value = V(loading: slope)
            a = a.addingProduct(value, V(loading: source + first))
            b = b.addingProduct(value, V(loading: source + second))
            c = c.addingProduct(value, V(loading: source + third))
            d = d.addingProduct(value, V(loading: source + fourth))
            source += geometry.strideX * pixel
            slope += pixel
          }
        }
        let target = sums + (tap * pixel + channel)
        V(loading: target).adding(a).store(to: target)
        if count > 1 { V(loading: target + pixel).adding(b).store(to: target + pixel) }
        if count > 2 { V(loading: target + 2 * pixel).adding(c).store(to: target + 2 * pixel) }
        if count > 3 { V(loading: target + 3 * pixel).adding(d).store(to: target + 3 * pixel) }
        tap += 4
      }
      var sum = V.zero
      for position in 0..<geometry.outputHeight * geometry.outputWidth {
        sum = sum.adding(V(loading: gradient + (position * pixel + channel)))
      }
      let target = sums + (taps * pixel + channel)
      V(loading: target).adding(sum).store(to: target)
      channel += V.laneCount
    }
  }
}
