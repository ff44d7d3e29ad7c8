import Kernels

/// The last part of a training step: weight gradients, and the optimizer's update right behind each.
///
/// Threads own parameters here. Each thread has a run of units of the flat parameter list, of about equal cost, and is
/// the only one to write their gradients, values and optimizer state. A gradient is summed over all rows in order, so
/// the cut between two threads changes nothing in the result.
struct ParameterSweep: Sendable {
  /// Some units of one parameter.
  struct Task: Sendable {
    /// The step's position in the recording.
    let step: Int
    /// The parameter's position among those of its step.
    let parameter: Int
    let units: Range<Int>
    /// The units' elements in the parameter, its gradient and its state.
    let values: ArenaBuffer
    let gradient: ArenaBuffer
    let state: ArenaBuffer
  }

  /// Each step's gradients, laid out like its parameters; empty if gradients are not kept.
  let gradients: [ArenaBuffer]
  /// What each thread does.
  let tasks: [[Task]]

  /// A parameter in the flat list.
  private struct Parameter {
    let step: Int
    let index: Int
    let offset: Int
    let units: Int
    let unitCount: Int
    /// What one unit costs in a whole batch.
    let unitCost: Int
    /// The most units whose gradient is computed before they are updated.
    let taskUnits: Int
  }

  init(
    _ forward: ForwardSweep, statePerElement: Int, threadCount: Int, keepsGradients: Bool, layout: inout ArenaLayout
  ) {
    let states = forward.parameters.map { layout.reserve($0.count * statePerElement) }
    let parameters = Self.parameters(forward)
    gradients = keepsGradients ? forward.parameters.map { layout.reserve($0.count) } : []
    let largestTask = parameters.map { min($0.units, $0.taskUnits) * $0.unitCount }.max() ?? 0
    let scratch = (0..<threadCount).map { _ in layout.reserve(keepsGradients ? 0 : largestTask) }

    let totalCost = parameters.reduce(0) { $0 + $1.units * $1.unitCost }
    var tasks = Array(repeating: [Task](), count: threadCount)
    var costBefore = 0
    for parameter in parameters {
      // A unit belongs to the thread in whose even share of the cost its middle lies.
      func owner(_ unit: Int) -> Int {
        let middle = costBefore + unit * parameter.unitCost + parameter.unitCost / 2
        return min(threadCount - 1, middle * threadCount / max(1, totalCost))
      }
      var first = 0
      while first < parameter.units {
        let thread = owner(first)
        var end = first + 1
        while end < parameter.units && end - first < parameter.taskUnits && owner(end) == thread { end += 1 }
        let elements = parameter.offset + first * parameter.unitCount..<parameter.offset + end * parameter.unitCount
        tasks[thread].append(
          Task(
            step: parameter.step, parameter: parameter.index, units: first..<end,
            values: forward.parameters[parameter.step].part(elements),
            gradient: keepsGradients
              ? gradients[parameter.step].part(elements) : scratch[thread].part(0..<elements.count),
            state: states[parameter.step].rows(elements, width: statePerElement)))
        first = end
      }
      costBefore += parameter.units * parameter.unitCost
    }
    self.tasks = tasks
  }

  private static func parameters(_ forward: ForwardSweep) -> [Parameter] {
    let recording = forward.recording
    var parameters: [Parameter] = []
    for (index, step) in recording.steps.enumerated() {
      guard let stage = step.stage else { continue }
      var offset = 0
      for (position, parameter) in recording.parameters[step.parameters].enumerated() {
        let count = parameter.specification.shape.count
        let unitCount = count / parameter.unitCount
        let gradientCost = stage.gradientCost(ofParameter: position)
        // A linear layer's gradient is as large as its weights, and is updated while it is in the cache; where a unit
        // has more work than elements, cutting it up would repeat what units have in common.
        let isLarge = gradientCost <= unitCount
        parameters.append(
          Parameter(
            step: index, index: position, offset: offset, units: parameter.unitCount, unitCount: unitCount,
            unitCost: gradientCost * forward.batchSize + unitCount * updateCost,
            taskUnits: isLarge ? max(8, 4096 * max(1, forward.batchSize / 8) / max(1, unitCount)) : .max))
        offset += count
      }
    }
    return parameters
  }

  /// The multiply-adds that take as long as one element's update.
  private static let updateCost = 24
}
