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

  /// Room for one row of classes.
  public func memory(for input: Shape) -> LayerMemory {
    var memory = LayerMemory(backwardReads: .input)
    memory.workspace = input[0]
    return memory
  }

  /// Each row of classes by itself.
  public func forward(_ pass: inout ForwardPass) {
    let shape = pass.inputShape
    let (classCount, step) = (shape[0], shape.count / shape[0])
    for position in 0..<pass.rows * step {
      let first = position / step * shape.count + position % step
      let row = Self.softmax(pass.input, first: first, step: step, count: classCount, &pass.workspace)
      for index in 0..<classCount {
        pass.output[first + index * step] = self.output(row, logit: pass.workspace[index])
      }
    }
  }

  /// Each row of classes by itself.
  public func backward(_ pass: inout BackwardPass) {
    let shape = pass.inputShape
    let (classCount, step) = (shape[0], shape.count / shape[0])
    for position in 0..<pass.rows * step {
      let first = position / step * shape.count + position % step
      let row = Self.softmax(pass.input, first: first, step: step, count: classCount, &pass.workspace)
      var sums = (plain: 0.0, weighted: 0.0)
      for index in 0..<classCount {
        let gradient = Double(pass.outputGradient[first + index * step])
        sums.plain += gradient
        sums.weighted += gradient * row.logProbability(pass.workspace[index]).exponential
      }
      for index in 0..<classCount {
        pass.inputGradient[first + index * step] = self.inputGradient(
          row, index: index, logit: pass.workspace[index], outputGradient: pass.outputGradient[first + index * step],
          sums: sums)
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
