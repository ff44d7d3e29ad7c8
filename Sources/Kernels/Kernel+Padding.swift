import KernelCore
import Requirements

extension Kernel {
  /// Images with a border.
  ///
  /// - Parameters:
  ///   - input: (rows, image).
  ///   - output: (rows, padded image).
  public static func pad(
    _ geometry: PaddingGeometry, rows: Int, input: Span<Float>, output: inout MutableSpan<Float>
  ) {
    require(geometry.isPossible, "A border does not fit around its image.")
    require(input.count == rows * geometry.count, "A padding layer's input has the wrong size.")
    require(output.count == rows * geometry.paddedCount, "A padding layer's output has the wrong size.")
    let (source, target) = (input.pointer, output.pointer)
    for row in 0..<rows { geometry.pad(source + row * geometry.count, into: target + row * geometry.paddedCount) }
  }

  /// The gradients of images, each the sum of those of all its copies in the padded image. Overwrites.
  ///
  /// - Parameters:
  ///   - outputGradient: (rows, padded image).
  ///   - inputGradient: (rows, image).
  public static func padBackward(
    _ geometry: PaddingGeometry, rows: Int, outputGradient: Span<Float>, inputGradient: inout MutableSpan<Float>
  ) {
    require(geometry.isPossible, "A border does not fit around its image.")
    require(inputGradient.count == rows * geometry.count, "A padding layer's input gradient has the wrong size.")
    require(
      outputGradient.count == rows * geometry.paddedCount, "A padding layer's output gradient has the wrong size.")
    let (source, target) = (outputGradient.pointer, inputGradient.pointer)
    target.update(repeating: 0, count: inputGradient.count)
    for row in 0..<rows { geometry.add(source + row * geometry.paddedCount, to: target + row * geometry.count) }
  }
}
