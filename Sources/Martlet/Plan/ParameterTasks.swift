import Kernels

/// What is done about parameters: weight gradients, and the optimizer's update right behind each.
///
/// Threads own parameters here. Of each group of operations, each thread has units of about equal cost, those of divided operations
/// among them, and is the only one to write their gradients, values and optimizer state. A gradient is summed over all rows in order, so
/// the cut between two threads does not change the result. What the optimizer updates as a whole has its gradient computed unit by
/// unit as well, and one thread updates it afterwards.
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
    /// Whether the optimizer updates all of the parameter together.
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
  /// What each thread does, group by group.
  private let tasks: [[Task]]
  /// Where each group's tasks are among those of each thread, (threads, groups).
  private let ranges: [[Range<Int>]]
  /// The parameters that each thread updates as a whole, one task each.
  let wholes: [[Task]]
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
    /// Whether the optimizer updates all units together.
    let isWhole: Bool
  }

  /// A thread's tasks in a group of operations; nil for all of them.
  func tasks(ofThread thread: Int, group: Int?) -> ArraySlice<Task> {
    tasks[thread][group.map { ranges[thread][$0] } ?? tasks[thread].indices]
  }

  /// All tasks of all threads after which there are new values of what is trained.
  var updated: [Task] { tasks.joined().filter { !$0.isStatistic && !$0.isWhole } + wholes.joined() }

  /// - Parameters:
  ///   - groups: the operations whose gradients are computed in one stage.
  ///   - slotCount: the floats that the optimizer keeps of each element.
  ///   - isWhole: for each of the network's parameters, whether the optimizer updates all of it together.
  ///   - workspaceCount: the optimizer's scratch memory.
  ///   - isTrained: for each of the network's parameters, whether it is trained.
  ///   - keepsGradients: whether there is room for all gradients at once.
  ///   - squares: whether the squares of the gradients are added up.
  init(
    _ forward: ForwardMemory, groups: [[Int]], slotCount: Int, isWhole: [Bool], workspaceCount: Int, threadCount: Int,
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

    /// Some units of a parameter, as a task of that thread.
    func task(_ parameter: Parameter, _ units: Range<Int>, thread: Int) -> Task {
      let offsets = units.lowerBound * parameter.unitSize..<units.upperBound * parameter.unitSize
      let elements = parameter.offset + offsets.lowerBound..<parameter.offset + offsets.upperBound
      let addend = scratch[thread].part(0..<elements.count)
      return Task(
        operation: parameter.operation, parameter: parameter.index, networkParameter: parameter.networkIndex,
        units: units, isStatistic: parameter.isStatistic, isWhole: parameter.isWhole,
        isPacked: forward.operations[parameter.operation].memory.packed > 0,
        values: forward.parameters[parameter.operation].part(elements),
        gradient: keepsGradients ? gradients[parameter.operation].part(elements) : addend,
        state: states[parameter.operation].rows(elements, width: slotCount),
        elements: parameter.networkOffset + offsets.lowerBound..<parameter.networkOffset + offsets.upperBound,
        addend: addend,
        squares: squares
          ? allSquares.part(parameter.unitOffset + units.lowerBound..<parameter.unitOffset + units.upperBound) : .empty)
    }
    var tasks = Array(repeating: [Task](), count: threadCount)
    var ranges = Array(repeating: [Range<Int>](), count: threadCount)
    for group in groups {
      let own = parameters.filter { group.contains($0.operation) }
      let owners = Self.owners(own, threadCount: threadCount, blocks: unitBlocks)
      for thread in 0..<threadCount {
        let start = tasks[thread].count
        for (parameter, owners) in zip(own, owners) {
          for first in stride(from: owners[thread].lowerBound, to: owners[thread].upperBound, by: parameter.taskUnits) {
            let end = min(owners[thread].upperBound, first + parameter.taskUnits)
            tasks[thread].append(task(parameter, first..<end, thread: thread))
          }
        }
        ranges[thread].append(start..<tasks[thread].count)
      }
    }
    self.tasks = tasks
    self.ranges = ranges
    var wholes = Array(repeating: [Task](), count: threadCount)
    var counts = Array(repeating: 0, count: threadCount)
    for parameter in parameters.filter(\.isWhole).sorted(by: { $0.units * $0.unitSize > $1.units * $1.unitSize }) {
      let thread = counts.indices.min { counts[$0] < counts[$1] } ?? 0
      wholes[thread].append(task(parameter, 0..<parameter.units, thread: thread))
      counts[thread] += parameter.units * parameter.unitSize
    }
    self.wholes = wholes
  }

  /// For each parameter, the units of each thread. Units of divided operations belong to the thread that has them on the way forward and
  /// back; the others, in their order, even out the threads' costs.
  private static func owners(
    _ parameters: [Parameter], threadCount: Int, blocks: UnitBlocks
  ) -> [[Range<Int>]] {
    var owners: [[Range<Int>]] = []
    var costs = Array(repeating: 0, count: threadCount)
    for parameter in parameters {
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
    for (index, parameter) in parameters.enumerated() where !parameter.isDivided {
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
