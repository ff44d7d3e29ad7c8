import KernelCore
import Requirements

extension Kernel {
  /// The scratch floats of a linear layer's gradients.
  public static var linearWorkspaceCount: Int { KernelCore.linearWorkspaceCount }

  /// `output = input·weightᵀ + bias`, and 0 where that is below 0 if it `rectifies`.
  ///
  /// - Parameters:
  ///   - units: the outputs that are computed; the others are left alone.
  ///   - input: (rows, inputs).
  ///   - weight: (outputs, inputs).
  ///   - bias: (outputs), or empty for none.
  ///   - output: (rows, outputs).
  public static func linearForward(
    rows: Int, inputs: Int, outputs: Int, units: Range<Int>, input: Span<Float>, weight: Span<Float>, bias: Span<Float>,
    rectifies: Bool, output: inout MutableSpan<Float>
  ) {
    require(input.count == rows * inputs, "A linear layer's input must be (\(rows), \(inputs)).")
    require(weight.count == outputs * inputs, "A linear layer's weight must be (\(outputs), \(inputs)).")
    require(bias.isEmpty || bias.count == outputs, "A linear layer's bias must be (\(outputs)).")
    require(output.count == rows * outputs, "A linear layer's output must be (\(rows), \(outputs)).")
    require(units.lowerBound >= 0 && units.upperBound <= outputs, "Units \(units) of \(outputs).")
    set.dotProducts(
      DotProductsArguments(
        input: input.pointer, weight: weight.pointer + units.lowerBound * inputs,
        bias: bias.isEmpty ? nil : bias.pointer + units.lowerBound, output: output.pointer + units.lowerBound,
        rectifies: rectifies, rows: rows, inputs: inputs, outputs: units.count, outputStride: outputs))
  }

  /// `inputGradient = outputGradient·weight`, or that part of the sum which is over `units`.
  ///
  /// - Parameters:
  ///   - units: the outputs whose terms are added up.
  ///   - outputGradient: (rows, outputs).
  ///   - weight: (outputs, inputs).
  ///   - inputGradient: (rows, inputs).
  ///   - workspace: at least `linearWorkspaceCount` floats.
  public static func linearBackward(
    rows: Int, inputs: Int, outputs: Int, units: Range<Int>, outputGradient: Span<Float>, weight: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    require(outputGradient.count == rows * outputs, "A linear output gradient must be (\(rows), \(outputs)).")
    require(weight.count == outputs * inputs, "A linear layer's weight must be (\(outputs), \(inputs)).")
    require(units.lowerBound >= 0 && units.upperBound <= outputs, "Units \(units) of \(outputs).")
    require(inputGradient.count == rows * inputs, "A linear input gradient must be (\(rows), \(inputs)).")
    require(workspace.count >= linearWorkspaceCount, "A linear layer's workspace is too small.")
    set.rowCombination(
      RowCombinationArguments(
        coefficients: outputGradient.pointer + units.lowerBound, coefficientRowStride: outputs,
        coefficientTermStride: 1, vectors: weight.pointer + units.lowerBound * inputs, output: inputGradient.pointer,
        rows: rows, terms: units.count, width: inputs,
        workspace: workspace.pointer))
  }

  /// The weight gradient of `units`: `outputGradientᵀ·input`, its rows `units` alone.
  ///
  /// - Parameters:
  ///   - input: (rows, inputs).
  ///   - outputGradient: (rows, outputs).
  ///   - weightGradient: (units.count, inputs).
  ///   - workspace: at least `linearWorkspaceCount` floats.
  public static func linearWeightGradient(
    rows: Int, inputs: Int, outputs: Int, units: Range<Int>, input: Span<Float>, outputGradient: Span<Float>,
    weightGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    require(units.lowerBound >= 0 && units.upperBound <= outputs, "Units \(units) of \(outputs).")
    require(input.count == rows * inputs, "A linear layer's input must be (\(rows), \(inputs)).")
    require(outputGradient.count == rows * outputs, "A linear output gradient must be (\(rows), \(outputs)).")
    require(weightGradient.count == units.count * inputs, "A weight gradient must be (\(units.count), \(inputs)).")
    require(workspace.count >= linearWorkspaceCount, "A linear layer's workspace is too small.")
    set.rowCombination(
      RowCombinationArguments(
        coefficients: outputGradient.pointer + units.lowerBound, coefficientRowStride: 1,
        coefficientTermStride: outputs, vectors: input.pointer, output: weightGradient.pointer,
        rows: units.count, terms: rows, width: inputs, workspace: workspace.pointer))
  }

  /// The bias gradient of `units`: the output gradient summed over rows and positions.
  ///
  /// - Parameters:
  ///   - outputGradient: (rows, channels, positions).
  ///   - biasGradient: (units.count).
  public static func biasGradient(
    rows: Int, channels: Int, positions: Int, units: Range<Int>, outputGradient: Span<Float>,
    biasGradient: inout MutableSpan<Float>
  ) {
    require(units.lowerBound >= 0 && units.upperBound <= channels, "Units \(units) of \(channels).")
    require(outputGradient.count == rows * channels * positions, "An output gradient has the wrong size.")
    require(biasGradient.count == units.count, "A bias gradient must have \(units.count) elements.")
    set.biasGradient(outputGradient.pointer, rows, channels, positions, units, biasGradient.pointer)
  }
}
