import Kernels

/// The last part of a training step: weight gradients, and the optimizer's update right behind each.
///
/// Threads own parameters here. Each thread has units of about equal cost, those of divided operations among them, and is
/// the only one to write their gradients, values and optimizer state. A gradient is summed over all rows in order, so
/// the cut between two threads does not change the result.
///
/// A class for the reason that ``Operation`` is one.
final class ParameterTasks: Sendable {
  /// Some units of one parameter.
  struct Task: Sendable {
    /// The operation's place.
    let operation: Int
    /// The parameter's place among those of its operation, and among those of the network.
    let parameter: Int
    let networkParameter: Int
    let units: Range<Int>
    /// Whether it is measured rather than trained.
    let isStatistic: Bool
    /// Whether the optimizer updates all of it together.
    let isWhole: Bool
    /// Whether its layer has a packed copy of it.
    let isPacked: Bool
    /// The units' elements in the parameter, its gradient and its state.
    let values: ArenaBuffer
    let gradient: ArenaBuffer
    let state: ArenaBuffer
    /// Where the elements are among all parameters of the network.
    let elements: Range<Int>
    /// Room for the gradient of another part of the batch.
    let addend: ArenaBuffer
    /// The sum of the squares of each unit's gradient, (units); empty if nobody asks for it.
    let squares: ArenaBuffer
  }

  /// Each operation's gradients, laid out like its parameters; empty if gradients are not kept.
  let gradients: [ArenaBuffer]
  /// What each thread does.
  let tasks: [[Task]]
  /// The optimizer's scratch memory, for each thread.
  let workspaces: [ArenaBuffer]
  /// The sums of squares of all units' gradients, in order; empty if nobody asks for them.
  let squares: ArenaBuffer

  /// A parameter in the flat list.
  private struct Parameter {
    let operation: Int
    let index: Int
    let networkIndex: Int
    let isStatistic: Bool
    let offset: Int
    /// Where its elements and its units start among those of the network.
    let networkOffset: Int
    let unitOffset: Int
    let units: Int
    let unitSize: Int
    /// What one unit costs in a whole batch.
    let unitCost: Int
    /// The most units whose gradient is computed before they are updated.
    let taskUnits: Int
    /// Whether threads share out the operation's units.
    let isDivided: Bool
    /// Whether one thread has all units.
    let isWhole: Bool
  }

  /// - Parameters:
  ///   - slotCount: the floats that the optimizer keeps of each element.
  ///   - isWhole: for each of the network's parameters, whether the optimizer updates all of it together.
  ///   - workspaceCount: the optimizer's scratch memory.
  ///   - isTrained: for each of the network's parameters, whether it is trained.
  ///   - keepsGradients: whether there is room for all gradients at once.
  ///   - squares: whether the squares of the gradients are added up.
  init(
    _ forward: ForwardMemory, slotCount: Int, isWhole: [Bool], workspaceCount: Int, threadCount: Int,
    isTrained: [Bool], isDivided: [Bool], unitBlocks: UnitBlocks, keepsGradients: Bool, squares: Bool,
    layout: inout ArenaLayout
  ) {
    let states = forward.parameters.map { layout.reserve($0.count * slotCount) }
    workspaces = (0..<threadCount).map { _ in layout.reserve(workspaceCount) }
    let parameters = Self.parameters(forward, isTrained: isTrained, isDivided: isDivided, isWhole: isWhole)
    let gradients = keepsGradients ? forward.parameters.map { layout.reserve($0.count) } : []
    self.gradients = gradients
    let largestTask = parameters.map { min($0.units, $0.taskUnits) * $0.unitSize }.max() ?? 0
    let scratch = (0..<threadCount).map { _ in layout.reserve(largestTask) }
    let unitCount = forward.network.parameters.reduce(0) { $0 + $1.specification.unitCount }
    let allSquares = layout.reserve(squares ? unitCount : 0)
    self.squares = allSquares

    let owners = Self.owners(parameters, threadCount: threadCount, blocks: unitBlocks)
    var tasks = Array(repeating: [Task](), count: threadCount)
    for (parameter, owners) in zip(parameters, owners) {
      for (thread, units) in owners.enumerated() {
        var first = units.lowerBound
        while first < units.upperBound {
          let end = min(units.upperBound, first + parameter.taskUnits)
          let elements = parameter.offset + first * parameter.unitSize..<parameter.offset + end * parameter.unitSize
          let start = parameter.networkOffset + first * parameter.unitSize
          tasks[thread].append(
            Task(
              operation: parameter.operation, parameter: parameter.index, networkParameter: parameter.networkIndex,
              units: first..<end, isStatistic: parameter.isStatistic, isWhole: parameter.isWhole,
              isPacked: forward.operations[parameter.operation].memory.packed > 0,
              values: forward.parameters[parameter.operation].part(elements),
              gradient: keepsGradients
                ? gradients[parameter.operation].part(elements) : scratch[thread].part(0..<elements.count),
              state: states[parameter.operation].rows(elements, width: slotCount),
              elements: start..<start + elements.count,
              addend: scratch[thread].part(0..<elements.count),
              squares: squares
                ? allSquares.part(parameter.unitOffset + first..<parameter.unitOffset + end) : .empty))
          first = end
        }
      }
    }
    self.tasks = tasks
  }

  /// For each parameter, the units of each thread. Units of divided operations belong to the thread that has them on the way forward and
  /// back, and a parameter that stays whole to the thread with the least to do; the others, in their order, even out the threads' costs.
  private static func owners(
    _ parameters: [Parameter], threadCount: Int, blocks: UnitBlocks
  ) -> [[Range<Int>]] {
    var owners: [[Range<Int>]] = []
    var costs = Array(repeating: 0, count: threadCount)
    for parameter in parameters {
      if parameter.isWhole {
        let thread = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        owners.append((0..<threadCount).map { $0 == thread ? 0..<parameter.units : 0..<0 })
        costs[thread] += parameter.units * parameter.unitCost
        continue
      }
      guard parameter.isDivided else {
        owners.append([])
        continue
      }
      let shares = (0..<threadCount).map { thread in
        blocks.units(ofThread: thread, threadCount: threadCount, unitCount: parameter.units)
      }
      for (thread, units) in shares.enumerated() { costs[thread] += units.count * parameter.unitCost }
      owners.append(shares)
    }
    let total = parameters.reduce(0) { $0 + $1.units * $1.unitCost }
    var thread = 0
    for (index, parameter) in parameters.enumerated() where !parameter.isDivided && !parameter.isWhole {
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

  /// All that is trained or measured.
  private static func parameters(
    _ forward: ForwardMemory, isTrained: [Bool], isDivided: [Bool], isWhole: [Bool]
  ) -> [Parameter] {
    var parameters: [Parameter] = []
    var (networkOffset, unitOffset) = (0, 0)
    for (index, operation) in forward.operations.enumerated() {
      var offset = 0
      for (place, networkIndex) in operation.parameters.enumerated() {
        let specification = forward.network.parameters[networkIndex].specification
        let (count, unitCount) = (specification.shape.count, specification.unitCount)
        let unitSize = count / unitCount
        let isStatistic = specification.role == .statistic
        let gradientCost =
          operation.cost.gradientOfUnit.indices.contains(place)
          ? operation.cost.gradientOfUnit[place] : unitSize
        // A linear layer's gradient is as large as its weights, and is updated while it is in the cache; where a unit
        // has more work than elements, cutting it up would repeat what units have in common.
        let isPacked = operation.memory.packed > 0
        let isLarge = !isPacked && !isWhole[networkIndex] && gradientCost <= unitSize
        if isTrained[networkIndex] || isStatistic {
          parameters.append(
            Parameter(
              operation: index, index: place, networkIndex: networkIndex, isStatistic: isStatistic, offset: offset,
              networkOffset: networkOffset, unitOffset: unitOffset, units: unitCount, unitSize: unitSize,
              unitCost: gradientCost * forward.rowCount + unitSize * (isPacked ? packedCost : updateCost),
              taskUnits: isLarge ? max(8, 4096 * max(1, forward.rowCount / 8) / max(1, unitSize)) : unitCount,
              isDivided: isDivided[index], isWhole: isWhole[networkIndex]))
        }
        offset += count
        networkOffset += count
        unitOffset += unitCount
      }
    }
    return parameters
  }

  /// The multiply-adds that take as long as one element's update.
  private static let updateCost = 4

  /// The same for an element that is then packed: memory that other threads have read is slow to write.
  private static let packedCost = 160
}
