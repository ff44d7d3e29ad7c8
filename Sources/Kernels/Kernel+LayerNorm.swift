import KernelCore
import Requirements

/// What layer normalisation needs, for one run of values at a time. Scales and shifts are empty where there are none.
extension Kernel {
  /// `output = (input − mean) · inverse · scale + shift`, in `output` from `start` on.
  public static func layerNormForward(
    input: Span<Float>, mean: Float, inverse: Float, scales: Span<Float>, shifts: Span<Float>,
    output: inout MutableSpan<Float>, at start: Int
  ) {
    let count = input.count
    require(output.count >= start + count, "Input and output must have one size.")
    require(scales.isEmpty || scales.count == count, "Each element has a scale.")
    require(shifts.isEmpty || shifts.count == count, "Each element has a shift.")
    set.layerNormForward(
      input.pointer, count, mean, inverse, scales.isEmpty ? nil : scales.pointer,
      shifts.isEmpty ? nil : shifts.pointer, output.pointer + start)
  }

  /// The input's gradient, in `inputGradient` from `start` on.
  public static func layerNormBackward(
    outputGradient: Span<Float>, input: Span<Float>, mean: Float, inverse: Float, scales: Span<Float>,
    inputGradient: inout MutableSpan<Float>, at start: Int
  ) {
    let count = input.count
    require(
      outputGradient.count == count && inputGradient.count >= start + count, "Input and gradients must have one size.")
    require(scales.isEmpty || scales.count == count, "Each element has a scale.")
    set.layerNormBackward(
      outputGradient.pointer, input.pointer, count, mean, inverse, scales.isEmpty ? nil : scales.pointer,
      inputGradient.pointer + start)
  }

  /// `sum += gradient · (input − mean) · inverse`, all of one size.
  public static func layerNormAddScaleGradient(
    outputGradient: Span<Float>, input: Span<Float>, mean: Float, inverse: Float, into sum: inout MutableSpan<Float>
  ) {
    require(
      outputGradient.count == input.count && sum.count == input.count, "Input, gradient and sum must have one size.")
    set.layerNormAddScaleGradient(
      outputGradient.pointer, input.pointer, input.count, mean, inverse, sum.pointer)
  }
}
