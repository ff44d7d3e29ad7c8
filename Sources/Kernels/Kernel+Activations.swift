import KernelCore
import Requirements

extension Kernel {
  /// `output = f(input)`, of one size.
  public static func activate(_ activation: Activation, _ input: Span<Float>, into output: inout MutableSpan<Float>) {
    require(input.count == output.count, "Input and output must have one size.")
    set.activate(activation, input.pointer, output.pointer, input.count)
  }

  /// `values = f(values)`.
  public static func activate(_ activation: Activation, _ values: inout MutableSpan<Float>) {
    let target = values.pointer
    set.activate(activation, UnsafePointer(target), target, values.count)
  }

  /// `inputGradient = outputGradient · f′(input)`, all of one size.
  public static func activateGradient(
    _ activation: Activation, input: Span<Float>, outputGradient: Span<Float>,
    into inputGradient: inout MutableSpan<Float>
  ) {
    require(
      input.count == outputGradient.count && input.count == inputGradient.count,
      "Input and gradients must have one size.")
    set.activateGradient(activation, input.pointer, outputGradient.pointer, inputGradient.pointer, input.count)
  }
}
