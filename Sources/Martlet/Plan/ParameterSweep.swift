import Kernels

/// The last part of a training step: weight gradients, and the optimizer's update right behind each.
///
/// Threads own parameters here. Each thread has a run of units of the flat parameter list, of about equal cost, and is
/// the only one to write their gradients, values and optimizer state. A gradient is summed over all rows in order, so
/// the cut between two threads changes nothing in the result.
struct ParameterSweep: Sendable {
  /// Some units of one parameter.
  struct Task: Sendable {
    let operation: Int
    /// The parameter's position among those of its operation.
    let parameter: Int
    let units: Range<Int>
    /// The units' elements in the parameter, its gradient and its state.
    let values: ArenaBuffer
    let gradient: ArenaBuffer
    let state: ArenaBuffer
  }

  /// Each operation's gradients, laid out like its parameters.
  let gradients: [ArenaBuffer]
  /// What each thread does.
  let tasks: [[Task]]

  init(_ forward: ForwardSweep, statePerElement: Int, threadCount: Int, layout: inout ArenaLayout) {
    let recording = forward.recording
    gradients = forward.parameters.map { layout.reserve($0.count) }
    let states = forward.parameters.map { layout.reserve($0.count * statePerElement) }

    // One unit's cost is its multiply-adds for one row: its elements times the positions at which it is applied.
    struct Parameter {
      let operation: Int
      let index: Int
      let offset: Int
      let units: Int
      let unitCount: Int
      let unitCost: Int
    }
    var parameters: [Parameter] = []
    for (operation, range) in recording.parametersOfOperation.enumerated() {
      var offset = 0
      for (index, parameter) in recording.parameters[range].enumerated() {
        let shape = parameter.specification.shape
        let units = shape.rank == 0 ? 1 : shape[0]
        let positions = max(1, recording.valueShapes[operation + 1].count / units)
        parameters.append(
          Parameter(
            operation: operation, index: index, offset: offset, units: units, unitCount: shape.count / units,
            unitCost: shape.count / units * positions))
        offset += shape.count
      }
    }
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
        while end < parameter.units && owner(end) == thread { end += 1 }
        let elements = parameter.offset + first * parameter.unitCount..<parameter.offset + end * parameter.unitCount
        tasks[thread].append(
          Task(
            operation: parameter.operation, parameter: parameter.index, units: first..<end,
            values: forward.parameters[parameter.operation].part(elements),
            gradient: gradients[parameter.operation].part(elements),
            state: states[parameter.operation].rows(elements, width: statePerElement)))
        first = end
      }
      costBefore += parameter.units * parameter.unitCost
    }
    self.tasks = tasks
  }
}
