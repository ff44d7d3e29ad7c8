import KernelCore
import Requirements

extension Kernel {
  /// The maximum of each window.
  ///
  /// - Parameters:
  ///   - input: (rows, channels, inputHeight, inputWidth).
  ///   - output: (rows, channels, outputHeight, outputWidth).
  public static func maxPoolForward(
    _ geometry: PoolingGeometry, rows: Int, input: Span<Float>, output: inout MutableSpan<Float>
  ) {
    require(geometry.isPossible, "A pooling window does not fit into its padded input.")
    require(input.count == rows * geometry.inputCount, "A pooling layer's input has the wrong size.")
    require(output.count == rows * geometry.outputCount, "A pooling layer's output has the wrong size.")
    set.maxPoolForward(geometry, rows, input.pointer, output.pointer)
  }

  /// Each window's gradient, added to the input that won the window.
  ///
  /// - Parameters:
  ///   - input: (rows, channels, inputHeight, inputWidth).
  ///   - outputGradient: (rows, channels, outputHeight, outputWidth).
  ///   - inputGradient: (rows, channels, inputHeight, inputWidth).
  public static func maxPoolBackward(
    _ geometry: PoolingGeometry, rows: Int, input: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>
  ) {
    require(geometry.isPossible, "A pooling window does not fit into its padded input.")
    require(input.count == rows * geometry.inputCount, "A pooling layer's input has the wrong size.")
    require(inputGradient.count == input.count, "A pooling layer's input gradient has the wrong size.")
    require(
      outputGradient.count == rows * geometry.outputCount, "A pooling layer's output gradient has the wrong size.")
    set.maxPoolBackward(geometry, rows, input.pointer, outputGradient.pointer, inputGradient.pointer)
  }

  /// The mean of each window.
  ///
  /// - Parameters:
  ///   - input: (rows, channels, inputHeight, inputWidth).
  ///   - output: (rows, channels, outputHeight, outputWidth).
  public static func averagePoolForward(
    _ geometry: AveragePoolingGeometry, rows: Int, input: Span<Float>, output: inout MutableSpan<Float>
  ) {
    require(input.count == rows * geometry.inputCount, "A pooling layer's input has the wrong size.")
    require(output.count == rows * geometry.outputCount, "A pooling layer's output has the wrong size.")
    set.averagePoolForward(geometry, rows, input.pointer, output.pointer)
  }

  /// Each window's gradient, shared out evenly among its inputs.
  ///
  /// - Parameters:
  ///   - outputGradient: (rows, channels, outputHeight, outputWidth).
  ///   - inputGradient: (rows, channels, inputHeight, inputWidth).
  public static func averagePoolBackward(
    _ geometry: AveragePoolingGeometry, rows: Int, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>
  ) {
    require(inputGradient.count == rows * geometry.inputCount, "A pooling layer's input gradient has the wrong size.")
    require(
      outputGradient.count == rows * geometry.outputCount, "A pooling layer's output gradient has the wrong size.")
    set.averagePoolBackward(geometry, rows, outputGradient.pointer, inputGradient.pointer)
  }
}
