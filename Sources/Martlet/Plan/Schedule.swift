/// What threads do in a step: phases, with a barrier between any two.
///
/// Within a phase no thread waits for another. In a phase of rows, each thread takes its own rows through all passes, some
/// rows at a time. In a phase of units or parameters, it does so with those that it owns, over all rows.
struct Schedule: Sendable, Equatable {
  /// What is shared out among threads.
  enum Owner: Sendable, Hashable {
    /// The rows of the batch, in blocks.
    case rows
    /// The output units of the operation at that place.
    case units(Int)
    /// The units of all parameters.
    case parameters
  }

  /// One thing that is done; operations are named by their places.
  enum Pass: Sendable, Hashable {
    /// Reads the inputs.
    case read
    /// A block's sums for the way forward.
    case sumForward(Int)
    case forward(Int)
    /// The losses, and the gradients of the logits.
    case loss
    /// A block's sums for the way back.
    case sumBackward(Int)
    case backward(Int)
    /// Adds up an input gradient that was computed in blocks of units.
    case addBlocks(Int)
    /// The gradients of some units of a parameter, or the next values of a statistic.
    case gradient
    /// The next values of statistics alone.
    case statistic
    /// The squares of gradients, for their norm.
    case square
    /// The optimizer's update.
    case update

    /// Whether it adds up blocks of rows.
    var isSum: Bool {
      switch self {
      case .sumForward, .sumBackward: true
      default: false
      }
    }
  }

  /// Passes that need no barrier between them.
  struct Phase: Sendable, Equatable {
    let owner: Owner
    fileprivate(set) var passes: [Pass]
  }

  private(set) var phases: [Phase] = []

  /// The way forward alone, each thread with its own rows.
  init(inferring operations: [Operation]) {
    add(.read, .rows)
    for index in operations.indices { add(.forward(index), .rows) }
  }

  /// A training step.
  ///
  /// - Parameters:
  ///   - isDivided: for each operation, whether threads share out its units.
  ///   - needsGradient: for each value, whether it depends on anything that is trained.
  ///   - needsBackward: for each operation, whether its backward pass has anything to do.
  ///   - clipsGradients: whether the update needs the norm of all gradients.
  init(
    training operations: [Operation], isDivided: [Bool], needsGradient: [Bool], needsBackward: [Bool],
    clipsGradients: Bool
  ) {
    add(.read, .rows)
    for (index, operation) in operations.enumerated() { addForward(operation, index, isDivided: isDivided[index]) }
    add(.loss, .rows)
    for (index, operation) in operations.enumerated().reversed() where needsGradient[operation.output] {
      if isDivided[index] {
        if needsBackward[index] { add(.backward(index), .units(index)) }
        if needsGradient[operation.inputs[0]] { add(.addBlocks(index), .rows) }
        continue
      }
      if operation.memory.backwardSums > 0 {
        add(.sumBackward(index), .rows)
        if needsBackward[index] { phases.append(Phase(owner: .rows, passes: [])) }
      }
      if needsBackward[index] { add(.backward(index), .rows) }
    }
    add(.gradient, .parameters)
    if clipsGradients {
      add(.square, .parameters)
      phases.append(Phase(owner: .parameters, passes: []))
    }
    add(.update, .parameters)
  }

  /// The way forward in training mode as far as statistics need it, and their next values; nothing where there are none.
  init(measuring operations: [Operation], isDivided: [Bool]) {
    guard let last = operations.lastIndex(where: { $0.memory.forwardSums > 0 }) else { return }
    add(.read, .rows)
    for index in 0..<last { addForward(operations[index], index, isDivided: isDivided[index]) }
    add(.sumForward(last), .rows)
    add(.statistic, .parameters)
  }

  private mutating func addForward(_ operation: Operation, _ index: Int, isDivided: Bool) {
    if isDivided {
      add(.forward(index), .units(index))
      return
    }
    if operation.memory.forwardSums > 0 {
      add(.sumForward(index), .rows)
      phases.append(Phase(owner: .rows, passes: []))
    }
    add(.forward(index), .rows)
  }

  /// Adds a pass to the last phase, if that has the same owner, or to one of its own.
  private mutating func add(_ pass: Pass, _ owner: Owner) {
    if phases.last?.owner == owner {
      phases[phases.count - 1].passes.append(pass)
    } else {
      phases.append(Phase(owner: owner, passes: [pass]))
    }
  }
}
