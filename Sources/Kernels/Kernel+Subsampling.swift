import KernelCore
import Requirements

extension Kernel {
  /// Copies the pixels that are left, and writes 0 to the channels that the input does not have.
  ///
  /// - Parameters:
  ///   - input: (rows, inputChannels, inputHeight, inputWidth), or with its channels last.
  ///   - output: (rows, outputChannels, outputHeight, outputWidth), in the same layout.
  public static func subsample(
    _ geometry: SubsamplingGeometry, rows: Int, input: Span<Float>, output: inout MutableSpan<Float>
  ) {
    require(geometry.isPossible, "A shortcut's channels do not fit into its output.")
    require(input.count == rows * geometry.inputCount, "A shortcut's input has the wrong size.")
    require(output.count == rows * geometry.outputCount, "A shortcut's output has the wrong size.")
    let (source, target) = (input.pointer, output.pointer)
    target.update(repeating: 0, count: rows * geometry.outputCount)
    for row in 0..<rows {
      forEachRun(geometry, row) { from, to, count, step in
        if step == 1 {
          (target + to).update(from: source + from, count: count)
        } else {
          for index in 0..<count { target[to + index] = source[from + index * step] }
        }
      }
    }
  }

  /// Copies the gradients of the pixels that are left, and writes 0 to those of the others.
  ///
  /// - Parameters:
  ///   - outputGradient: (rows, outputChannels, outputHeight, outputWidth), or with its channels last.
  ///   - inputGradient: (rows, inputChannels, inputHeight, inputWidth), in the same layout.
  public static func subsampleBackward(
    _ geometry: SubsamplingGeometry, rows: Int, outputGradient: Span<Float>, inputGradient: inout MutableSpan<Float>
  ) {
    require(geometry.isPossible, "A shortcut's channels do not fit into its output.")
    require(inputGradient.count == rows * geometry.inputCount, "A shortcut's input gradient has the wrong size.")
    require(outputGradient.count == rows * geometry.outputCount, "A shortcut's output gradient has the wrong size.")
    let (source, target) = (outputGradient.pointer, inputGradient.pointer)
    target.update(repeating: 0, count: rows * geometry.inputCount)
    for row in 0..<rows {
      forEachRun(geometry, row) { from, to, count, step in
        if step == 1 {
          (target + from).update(from: source + to, count: count)
        } else {
          for index in 0..<count { target[from + index * step] = source[to + index] }
        }
      }
    }
  }

  /// Calls `body` with the places in input and output of elements that belong together, their number, and the step from one to the
  /// next in the input: a pixel's channels, or a channel's row of pixels.
  @inline(__always)
  private static func forEachRun(
    _ geometry: SubsamplingGeometry, _ row: Int, _ body: (Int, Int, Int, Int) -> Void
  ) {
    let (height, width) = (geometry.outputHeight, geometry.outputWidth)
    let (start, target) = (row * geometry.inputCount, row * geometry.outputCount)
    switch geometry.layout {
    case .channelsFirst:
      for channel in 0..<geometry.inputChannels {
        for y in 0..<height {
          body(
            start + (channel * geometry.inputHeight + y * geometry.strideY) * geometry.inputWidth,
            target + ((geometry.firstChannel + channel) * height + y) * width, width, geometry.strideX)
        }
      }
    case .channelsLast:
      for y in 0..<height {
        for x in 0..<width {
          body(
            start + (y * geometry.strideY * geometry.inputWidth + x * geometry.strideX) * geometry.inputChannels,
            target + (y * width + x) * geometry.outputChannels + geometry.firstChannel, geometry.inputChannels, 1)
        }
      }
    }
  }
}
