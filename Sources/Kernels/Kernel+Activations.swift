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

  /// `values = f(values)` in `columns` of (rows, width).
  public static func activate(
    _ activation: Activation, rows: Int, width: Int, columns: Range<Int>, values: inout MutableSpan<Float>
  ) {
    require(values.count == rows * width, "Values must be (\(rows), \(width)).")
    require(columns.lowerBound >= 0 && columns.upperBound <= width, "Columns \(columns) of \(width).")
    let isWhole = columns.count == width
    var target = values.pointer + columns.lowerBound
    for _ in 0..<(isWhole ? 1 : rows) {
      set.activate(activation, UnsafePointer(target), target, isWhole ? rows * width : columns.count)
      target += width
    }
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
