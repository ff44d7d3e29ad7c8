/// A layer without parameters that works on each row of classes by itself, through its softmax.
protocol ClasswiseLayer: Layer {
  /// The output at a class.
  func output(_ row: RowSoftmax, logit: Float) -> Float

  /// The input's gradient at a class; `sums` are those of the output gradient g, and of g·softmax.
  func inputGradient(
    _ row: RowSoftmax, index: Int, logit: Float, outputGradient: Float, sums: (plain: Double, weighted: Double)
  ) -> Float
}

extension ClasswiseLayer {
  /// The input's shape, (classes) or (classes, positions).
  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank >= 1 else { throw ShapeError("\(Self.self) needs a row of classes, not a single number.") }
    return input
  }

  /// One row of classes.
  public func workspaceCount(for input: Shape) -> Int { input[0] }

  /// Each row of classes by itself.
  public func forward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>
  ) {
    let (classCount, step) = (geometry.input[0], geometry.input.count / geometry.input[0])
    for position in 0..<geometry.rows * step {
      let first = position / step * geometry.input.count + position % step
      let row = Self.softmax(input, first: first, step: step, count: classCount, &workspace)
      for index in 0..<classCount { output[first + index * step] = self.output(row, logit: workspace[index]) }
    }
  }

  /// Each row of classes by itself.
  public func backward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    let (classCount, step) = (geometry.input[0], geometry.input.count / geometry.input[0])
    for position in 0..<geometry.rows * step {
      let first = position / step * geometry.input.count + position % step
      let row = Self.softmax(input, first: first, step: step, count: classCount, &workspace)
      var sums = (plain: 0.0, weighted: 0.0)
      for index in 0..<classCount {
        let gradient = Double(outputGradient[first + index * step])
        sums.plain += gradient
        sums.weighted += gradient * row.logProbability(workspace[index]).exponential
      }
      for index in 0..<classCount {
        inputGradient[first + index * step] = self.inputGradient(
          row, index: index, logit: workspace[index], outputGradient: outputGradient[first + index * step], sums: sums)
      }
    }
  }

  /// Copies one row of classes to the workspace's first floats, and takes its softmax.
  private static func softmax(
    _ input: Span<Float>, first: Int, step: Int, count: Int, _ workspace: inout MutableSpan<Float>
  ) -> RowSoftmax {
    for index in 0..<count { workspace[index] = input[first + index * step] }
    return RowSoftmax(workspace.span.extracting(0..<count))
  }
}
