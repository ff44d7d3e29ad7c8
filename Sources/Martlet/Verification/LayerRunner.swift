import Kernels

/// Calls a layer's functions on arrays as a plan would, with outputs poisoned beforehand, so that an element that is not written
/// shows.
package struct LayerRunner {
  package let layer: any Layer
  package let rows: Int
  package let inputShape: Shape
  package let outputShape: Shape
  package let specifications: [ParameterSpecification]
  private let memory: LayerMemory
  /// Whether the way back can make what is saved anew.
  package var canRemakeSaved: Bool { memory.canRemakeSaved }
  /// Whether the way back makes what is saved anew; only of a layer that can.
  package var remakesSaved = false
  private let isTraining: Bool
  private let seed: UInt64
  private let step: Int

  private var operation: Operation {
    Operation(
      name: "", kind: .layer(layer), inputs: [0], output: 1, inputShape: inputShape, outputShape: outputShape,
      parameters: 0..<specifications.count, memory: memory, cost: LayerCost(), absorbed: [],
      outputLayout: .channelsFirst)
  }

  package init(
    _ layer: any Layer, inputShape: Shape, rows: Int, isTraining: Bool = true, seed: UInt64 = 0, step: Int = 0
  ) throws(ShapeError) {
    self.layer = layer
    self.rows = rows
    self.inputShape = inputShape
    outputShape = try layer.outputShape(for: inputShape)
    specifications = layer.parameters(for: inputShape)
    memory = layer.memory(for: inputShape)
    self.isTraining = isTraining
    self.seed = seed
    self.step = step
  }

  /// The output, (rows, output shape).
  package func forward(input: [Float], parameters: [Float]) -> [Float] {
    let scene = Scene(self, input: input, parameters: parameters)
    scene.forward()
    return scene.array(scene.output)
  }

  /// The input's gradient, (rows, input shape).
  package func backward(input: [Float], parameters: [Float], outputGradient: [Float]) -> [Float] {
    let scene = Scene(self, input: input, parameters: parameters)
    scene.forward()
    scene.backward(outputGradient)
    return scene.array(scene.inputGradient)
  }

  /// The gradient of the parameter at `index`, computed in runs of `unitsAtOnce` units.
  package func gradient(
    ofParameter index: Int, input: [Float], parameters: [Float], outputGradient: [Float], unitsAtOnce: Int = .max
  ) -> [Float] {
    let scene = Scene(self, input: input, parameters: parameters)
    scene.forward()
    scene.backward(outputGradient)
    let unitCount = specifications[index].unitCount
    return stride(from: 0, to: unitCount, by: min(unitsAtOnce, unitCount)).flatMap { first in
      scene.gradient(index, units: first..<min(unitCount, first + min(unitsAtOnce, unitCount)))
    }
  }

  /// The statistic at `index` among the parameters, after one step.
  package func statistic(_ index: Int, input: [Float], parameters: [Float]) -> [Float] {
    let scene = Scene(self, input: input, parameters: parameters)
    scene.forward()
    return scene.statistic(index)
  }

  /// The memory of one run.
  private struct Scene {
    let runner: LayerRunner
    let arena: Arena
    let blocks: RowBlocks
    let (input, output, inputGradient, outputGradient): (ArenaBuffer, ArenaBuffer, ArenaBuffer, ArenaBuffer)
    let (parameters, packed, saved, workspace): (ArenaBuffer, ArenaBuffer, ArenaBuffer, ArenaBuffer)
    let (forwardSums, backwardSums, result): (ArenaBuffer, ArenaBuffer, ArenaBuffer)

    init(_ runner: LayerRunner, input values: [Float], parameters parameterValues: [Float]) {
      var layout = ArenaLayout()
      let (rows, memory) = (runner.rows, runner.memory)
      blocks = RowBlocks(rowCount: rows)
      input = layout.reserve(rows * runner.inputShape.count)
      output = layout.reserve(rows * runner.outputShape.count)
      inputGradient = layout.reserve(rows * runner.inputShape.count)
      outputGradient = layout.reserve(rows * runner.outputShape.count)
      parameters = layout.reserve(runner.specifications.reduce(0) { $0 + $1.shape.count })
      packed = layout.reserve(memory.packed)
      saved = layout.reserve(runner.isTraining ? rows * memory.saved : memory.scratch)
      workspace = layout.reserve(memory.workspace)
      forwardSums = layout.reserve(runner.isTraining ? blocks.count * memory.forwardSums : 0)
      backwardSums = layout.reserve(blocks.count * memory.backwardSums)
      result = layout.reserve(runner.specifications.map(\.shape.count).max() ?? 0)
      self.runner = runner
      arena = Arena(layout)
      for buffer in [output, inputGradient, saved, workspace, forwardSums, backwardSums, result] {
        var span = arena.mutableSpan(buffer)
        span.update(repeating: .nan)
      }
      fill(input, with: values)
      fill(parameters, with: parameterValues)
      for (index, specification) in runner.specifications.enumerated() where memory.packed > 0 {
        var pass = PackPass(
          arena, parameter: index, units: 0..<specification.unitCount, inputShape: runner.inputShape,
          parameters: parameters, packed: packed)
        runner.layer.pack(&pass)
      }
    }

    func array(_ buffer: ArenaBuffer) -> [Float] {
      let span = arena.span(buffer)
      return span.indices.map { span[$0] }
    }

    private func fill(_ buffer: ArenaBuffer, with values: [Float]) {
      var span = arena.mutableSpan(buffer)
      Kernel.copy(values.span, into: &span)
    }

    private func context(_ rows: Range<Int>, units: Range<Int>? = nil) -> PassContext {
      PassContext(
        runner.operation, rows: rows, units: units, blocks: blocks, step: runner.step, isTraining: runner.isTraining,
        source: RandomSource(seed: runner.seed))
    }

    private func part(_ buffer: ArenaBuffer, _ rows: Range<Int>) -> ArenaBuffer {
      buffer.rows(rows, width: buffer.count / runner.rows)
    }

    func forward() {
      // Two passes over the blocks, as two threads would have them.
      for own in [0..<blocks.count / 2, blocks.count / 2..<blocks.count] where !forwardSums.isEmpty && !own.isEmpty {
        let rows = blocks.rows(of: own)
        var pass = SumPass(
          context(rows), arena, blocks: own, input: part(input, rows), output: .empty, parameters: parameters,
          forwardSums: .empty, outputGradient: .empty, sums: forwardSums.rows(own, width: runner.memory.forwardSums),
          workspace: workspace)
        runner.layer.sumForward(&pass)
      }
      var pass = ForwardPass(
        context(0..<runner.rows), arena, input: input, parameters: parameters, packed: packed, forwardSums: forwardSums,
        output: output, saved: runner.remakesSaved ? saved.part(0..<min(saved.count, runner.memory.scratch)) : saved,
        workspace: workspace)
      runner.layer.forward(&pass)
    }

    func backward(_ gradient: [Float]) {
      fill(outputGradient, with: gradient)
      let reads = runner.memory.backwardReads
      if runner.remakesSaved {
        var span = arena.mutableSpan(saved)
        span.update(repeating: .nan)
      }
      for own in [0..<blocks.count / 2, blocks.count / 2..<blocks.count] where !backwardSums.isEmpty && !own.isEmpty {
        let rows = blocks.rows(of: own)
        var pass = SumPass(
          context(rows), arena, blocks: own, input: reads.contains(.input) ? part(input, rows) : .empty,
          output: reads.contains(.output) ? part(output, rows) : .empty,
          parameters: parameters, forwardSums: forwardSums, outputGradient: part(outputGradient, rows),
          sums: backwardSums.rows(own, width: runner.memory.backwardSums), workspace: workspace)
        runner.layer.sumBackward(&pass)
      }
      var pass = BackwardPass(
        context(0..<runner.rows), arena, input: reads.contains(.input) ? input : .empty,
        output: reads.contains(.output) ? output : .empty, parameters: parameters, packed: packed,
        forwardSums: forwardSums, backwardSums: backwardSums, outputGradient: outputGradient,
        inputGradient: inputGradient, saved: saved, remakesSaved: runner.remakesSaved, workspace: workspace)
      runner.layer.backward(&pass)
    }

    func gradient(_ index: Int, units: Range<Int>) -> [Float] {
      let target = result.part(
        0..<units.count * (runner.specifications[index].shape.count / runner.specifications[index].unitCount))
      var pass = GradientPass(
        context(0..<runner.rows, units: units), arena, parameter: index,
        input: runner.memory.gradientReads.contains(.input) ? input : .empty,
        outputGradient: runner.memory.gradientReads.contains(.outputGradient) ? outputGradient : .empty,
        saved: saved, forwardSums: forwardSums, backwardSums: backwardSums, gradient: target, workspace: workspace)
      runner.layer.gradient(&pass)
      return array(target)
    }

    func statistic(_ index: Int) -> [Float] {
      let start = runner.specifications[..<index].reduce(0) { $0 + $1.shape.count }
      let values = parameters.part(start..<start + runner.specifications[index].shape.count)
      var pass = StatisticPass(
        context(0..<runner.rows, units: 0..<runner.specifications[index].unitCount), arena, parameter: index,
        forwardSums: forwardSums, values: values, workspace: workspace)
      runner.layer.statistic(&pass)
      return array(values)
    }
  }
}
