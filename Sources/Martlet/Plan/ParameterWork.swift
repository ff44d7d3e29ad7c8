import Kernels

/// The passes over parameters, as one thread runs them.
struct ParameterWork: Sendable {
  let backward: BackwardWork
  let tasks: ParameterTasks
  let optimizer: any Optimizer
  /// What is asked for each parameter of the network. One that is frozen here rests in this step.
  let settings: [ParameterSettings]
  /// What the norm of all gradients is clipped to, if it is.
  let maximumGradientNorm: Float?
  /// What each gradient is limited to, if it is.
  let maximumGradientValue: Float?
  /// The share of new statistics in place of the layers' own.
  let statisticMomentum: Float?
  private let arena: Arena
  private let values: ForwardMemory
  private let networkParameters: [Network.Parameter]

  init(
    _ backward: BackwardWork, tasks: ParameterTasks, optimizer: any Optimizer, settings: [ParameterSettings],
    maximumGradientNorm: Float?, maximumGradientValue: Float?, statisticMomentum: Float? = nil
  ) {
    self.backward = backward
    self.tasks = tasks
    self.optimizer = optimizer
    self.settings = settings
    self.maximumGradientNorm = maximumGradientNorm
    self.maximumGradientValue = maximumGradientValue
    self.statisticMomentum = statisticMomentum
    arena = backward.forward.arena
    values = backward.forward.memory
    networkParameters = values.network.parameters
  }

  /// Computes the gradient of a task over the rows in memory, and adds it to what there is, unless they are the first; or the
  /// next values of a statistic.
  func gradient(_ task: ParameterTasks.Task, rows: Range<Int>, first: Int, blocks: RowBlocks, thread: Int) {
    let operation = values.operation(task.operation, thread: thread)
    guard let layer = operation.layer else { return }
    let context = backward.forward.context(
      operation, task.operation, rows: rows, first: first, units: task.units, blocks: blocks)
    let forwardSums = values.sums(task.operation, blocks: 0..<blocks.count)
    if task.isStatistic {
      var pass = StatisticPass(
        context, arena, parameter: task.parameter, forwardSums: forwardSums, values: task.values,
        workspace: values.workspaces[thread], momentum: statisticMomentum)
      return layer.statistic(&pass)
    }
    if isResting(task) {
      var gradient = arena.mutableSpan(task.gradient)
      return gradient.update(repeating: 0)
    }
    var pass = GradientPass(
      context, arena, parameter: task.parameter,
      input: operation.memory.gradientReads.contains(.input) ? values.value(operation.inputs[0], rows) : .empty,
      outputGradient: operation.memory.gradientReads.contains(.outputGradient)
        ? backward.memory.gradient(operation.output, rows) : .empty,
      saved: values.saved(task.operation, rows), forwardSums: forwardSums,
      backwardSums: backward.memory.sums(task.operation, blocks: 0..<blocks.count),
      gradient: first == 0 ? task.gradient : task.addend, workspace: values.workspaces[thread])
    layer.gradient(&pass)
    if first > 0 {
      var sum = arena.mutableSpan(task.gradient)
      Kernel.accumulate(arena.span(task.addend), into: &sum)
    }
  }

  private func isResting(_ task: ParameterTasks.Task) -> Bool { settings[task.networkParameter].isFrozen }

  /// Limits each gradient, if it is asked for.
  func clamp(_ task: ParameterTasks.Task) {
    guard let maximumGradientValue, !task.isStatistic else { return }
    var gradient = arena.mutableSpan(task.gradient)
    Kernel.clamp(&gradient, to: maximumGradientValue)
  }

  /// Adds up the squares of each unit's gradient.
  func square(_ task: ParameterTasks.Task) {
    guard !task.isStatistic else { return }
    let gradient = arena.span(task.gradient)
    var squares = arena.mutableSpan(task.squares)
    let size = gradient.count / task.units.count
    for unit in squares.indices {
      var sum = 0.0
      for index in unit * size..<(unit + 1) * size { sum += Double(gradient[index]) * Double(gradient[index]) }
      squares[unit] = Float(sum)
    }
  }

  /// The norm of all gradients; each thread adds up all squares by itself, in order.
  var gradientNorm: Double {
    let squares = arena.span(tasks.squares)
    var sum = 0.0
    for index in squares.indices { sum += Double(squares[index]) }
    return sum.squareRoot()
  }

  /// What all gradients are multiplied by before the update, so that their norm is at most the one asked for.
  var clippingFactor: Float {
    guard let maximumGradientNorm else { return 1 }
    // PyTorch's rule, with its 1e-6. Where a gradient is NaN, all of them become so, as there: a comparison with NaN is false.
    let factor = Double(maximumGradientNorm) / (gradientNorm + 1e-6)
    return Float(factor > 1 ? 1 : factor)
  }

  /// Updates a task's elements, and packs them.
  func update(_ task: ParameterTasks.Task, clippingFactor: Float, thread: Int) {
    if !task.isStatistic, isResting(task) { return }
    if !task.isStatistic {
      if clippingFactor != 1 {
        var gradient = arena.mutableSpan(task.gradient)
        Kernel.scale(&gradient, by: clippingFactor)
      }
      var pass = UpdatePass(
        arena, parameters: task.values, gradient: task.gradient, state: task.state,
        workspace: tasks.workspaces[thread], isWhole: task.isWhole, step: backward.forward.step,
        networkParameters: networkParameters, parameter: task.networkParameter,
        settings: settings[task.networkParameter])
      optimizer.update(&pass)
      if let limit = settings[task.networkParameter].maximumNorm { constrain(task, to: limit) }
    }
    if task.isPacked {
      values.pack(operation: task.operation, parameter: task.parameter, units: task.units, arena: arena)
    }
  }

  /// Scales the units whose norm is too large.
  private func constrain(_ task: ParameterTasks.Task, to limit: Float) {
    var values = arena.mutableSpan(task.values)
    let size = values.count / task.units.count
    for unit in 0..<task.units.count {
      let elements = unit * size..<(unit + 1) * size
      var sum = 0.0
      for index in elements { sum += Double(values[index]) * Double(values[index]) }
      let norm = sum.squareRoot()
      guard norm > Double(limit) else { continue }
      // PyTorch's `renorm`, with its 1e-7.
      let factor = Float(Double(limit) / (norm + 1e-7))
      for index in elements { values[index] *= factor }
    }
  }
}
