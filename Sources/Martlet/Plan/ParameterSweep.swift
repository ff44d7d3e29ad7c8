import Kernels

/// The last part of a training step: weight gradients, and the optimizer's update right behind each.
///
/// Threads own parameters here. Each thread has units of about equal cost, those of shared steps among them, and is
/// the only one to write their gradients, values and optimizer state. A gradient is summed over all rows in order, so
/// the cut between two threads changes nothing in the result.
struct ParameterSweep: Sendable {
  /// Some units of one parameter.
  struct Task: Sendable {
    /// The step's position in the network.
    let step: Int
    /// The parameter's position among those of its step.
    let parameter: Int
    let units: Range<Int>
    /// The units' elements in the parameter, its gradient and its state.
    let values: ArenaBuffer
    let gradient: ArenaBuffer
    let state: ArenaBuffer
    /// Room for the gradient of another part of the batch.
    let addend: ArenaBuffer
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
    /// The step's stage, if threads share its units.
    let sharedStage: (any SharedStage)?
  }

  init(
    _ forward: ForwardSweep, statePerElement: Int, threadCount: Int, keepsGradients: Bool, layout: inout ArenaLayout
  ) {
    let states = forward.parameters.map { layout.reserve($0.count * statePerElement) }
    let parameters = Self.parameters(forward)
    gradients = keepsGradients ? forward.parameters.map { layout.reserve($0.count) } : []
    let largestTask = parameters.map { min($0.units, $0.taskUnits) * $0.unitCount }.max() ?? 0
    let scratch = (0..<threadCount).map { _ in layout.reserve(largestTask) }

    let owners = Self.owners(parameters, threadCount: threadCount, blocks: forward.sharedBlocks)
    var tasks = Array(repeating: [Task](), count: threadCount)
    for (parameter, owners) in zip(parameters, owners) {
      for (thread, units) in owners.enumerated() {
        var first = units.lowerBound
        while first < units.upperBound {
          let end = min(units.upperBound, first + parameter.taskUnits)
          let elements = parameter.offset + first * parameter.unitCount..<parameter.offset + end * parameter.unitCount
          tasks[thread].append(
            Task(
              step: parameter.step, parameter: parameter.index, units: first..<end,
              values: forward.parameters[parameter.step].part(elements),
              gradient: keepsGradients
                ? gradients[parameter.step].part(elements) : scratch[thread].part(0..<elements.count),
              state: states[parameter.step].rows(elements, width: statePerElement),
              addend: scratch[thread].part(0..<elements.count)))
          first = end
        }
      }
    }
    self.tasks = tasks
  }

  /// For each parameter, the units of each thread. Units of shared steps belong to the thread that has them on the way
  /// forward and back; the others, in their order, even out the threads' costs.
  private static func owners(
    _ parameters: [Parameter], threadCount: Int, blocks: SharedBlocks
  ) -> [[Range<Int>]] {
    var owners: [[Range<Int>]] = []
    var costs = Array(repeating: 0, count: threadCount)
    for parameter in parameters {
      guard let stage = parameter.sharedStage else {
        owners.append([])
        continue
      }
      let shares = (0..<threadCount).map { thread in
        blocks.units(ofThread: thread, threadCount: threadCount, in: stage)
      }
      for (thread, units) in shares.enumerated() { costs[thread] += units.count * parameter.unitCost }
      owners.append(shares)
    }
    let total = parameters.reduce(0) { $0 + $1.units * $1.unitCost }
    var thread = 0
    for (index, parameter) in parameters.enumerated() where parameter.sharedStage == nil {
      var shares = Array(repeating: 0..<0, count: threadCount)
      var first = 0
      while first < parameter.units {
        // As many units as come closest to an even share of everything; the last thread takes what is left.
        let room = max(0, (total * (thread + 1) / threadCount - total * thread / threadCount) - costs[thread])
        let isLast = thread == threadCount - 1
        let fitting = (room + parameter.unitCost / 2) / max(1, parameter.unitCost)
        let count = isLast ? parameter.units - first : min(parameter.units - first, fitting)
        shares[thread] = first..<first + count
        costs[thread] += count * parameter.unitCost
        first += count
        if first < parameter.units { thread += 1 }
      }
      owners[index] = shares
    }
    return owners
  }

  private static func parameters(_ forward: ForwardSweep) -> [Parameter] {
    let network = forward.network
    var parameters: [Parameter] = []
    for (index, step) in network.steps.enumerated() {
      guard let stage = step.stage else { continue }
      var offset = 0
      for (position, parameter) in network.parameters[step.parameters].enumerated() {
        let count = parameter.specification.shape.count
        let unitCount = count / parameter.unitCount
        let gradientCost = stage.gradientCost(ofParameter: position)
        // A linear layer's gradient is as large as its weights, and is updated while it is in the cache; where a unit
        // has more work than elements, cutting it up would repeat what units have in common.
        let isLarge = stage.preparedCount == 0 && gradientCost <= unitCount
        parameters.append(
          Parameter(
            step: index, index: position, offset: offset, units: parameter.unitCount, unitCount: unitCount,
            unitCost: gradientCost * forward.rowCount + unitCount
              * (stage.preparedCount > 0 ? preparedCost : updateCost),
            taskUnits: isLarge ? max(8, 4096 * max(1, forward.rowCount / 8) / max(1, unitCount)) : parameter.unitCount,
            sharedStage: forward.sharedStages[index]))
        offset += count
      }
    }
    return parameters
  }

  /// The multiply-adds that take as long as one element's update.
  private static let updateCost = 4

  /// The same for an element that is then copied to where kernels read it: memory that other threads have read is slow to
  /// write.
  private static let preparedCost = 160
}
