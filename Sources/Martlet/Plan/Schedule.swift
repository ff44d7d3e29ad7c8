/// What threads do in a step: phases, with a barrier between any two.
///
/// Within a phase no thread waits for another. A phase has stages. In a stage of rows, each thread takes its own rows through all
/// passes, some rows at a time. In a stage of units or parameters, it does so with those that it owns, over all rows.
struct Schedule: Sendable, Equatable {
  /// What is shared out among threads.
  enum Owner: Sendable, Hashable {
    /// The rows of the batch, in blocks.
    case rows
    /// The output units of the operation at that place.
    case units(Int)
    /// The units of the parameters of a group of operations; nil for all of them.
    case parameters(group: Int?)
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
    /// The optimizer's update, unit by unit.
    case update
    /// The optimizer's update of parameters that it takes as a whole.
    case updateWhole

    /// Whether it adds up blocks of rows.
    var isSum: Bool {
      switch self {
      case .sumForward, .sumBackward: true
      default: false
      }
    }
  }

  /// Passes over what one owner has.
  struct Stage: Sendable, Equatable {
    let owner: Owner
    fileprivate(set) var passes: [Pass]
  }

  /// Stages that need no barrier between them.
  struct Phase: Sendable, Equatable {
    fileprivate(set) var stages: [Stage] = []
  }

  private(set) var phases: [Phase] = []
  /// The operations whose parameters have their gradients in one stage, group by group.
  private(set) var groups: [[Int]] = []

  /// The operations whose parameters a stage is about.
  func operations(_ owner: Owner) -> [Int] {
    switch owner {
    case .rows, .units: []
    case .parameters(let group): group.map { groups[$0] } ?? groups.flatMap { $0 }
    }
  }

  /// The way forward alone, each thread with its own rows.
  init(inferring operations: [Operation]) {
    add(.read, .rows)
    for index in operations.indices { add(.forward(index), .rows) }
  }

  /// A training step.
  ///
  /// Where sums over the batch need barriers on the way back, gradients of the parameters behind each one are computed right after it, so
  /// that what they read is needed no longer. Otherwise they all come last.
  ///
  /// - Parameters:
  ///   - isDivided: for each operation, whether threads share out its units.
  ///   - needs: which parts of the way back there are.
  ///   - clipsGradients: whether the update needs the norm of all gradients.
  ///   - updatesWhole: whether the optimizer updates some parameters as a whole.
  init(
    training operations: [Operation], isDivided: [Bool], needs: BackwardNeeds, clipsGradients: Bool, updatesWhole: Bool
  ) {
    add(.read, .rows)
    for (index, operation) in operations.enumerated() { addForward(operation, index, isDivided: isDivided[index]) }
    add(.loss, .rows)
    var behind: [Int] = []
    for (index, operation) in operations.enumerated().reversed() where needs.gradient[operation.output] {
      if isDivided[index] {
        if needs.backward[index] { add(.backward(index), .units(index)) }
        if needs.gradient[operation.inputs[0]] { add(.addBlocks(index), .rows) }
      } else {
        if operation.memory.backwardSums > 0 {
          add(.sumBackward(index), .rows)
          if needs.backward[index] {
            phases.append(Phase())
            addGradients(behind, clips: clipsGradients)
            behind = []
          }
        }
        if needs.backward[index] { add(.backward(index), .rows) }
      }
      if !operation.parameters.isEmpty { behind.append(index) }
    }
    // What is measured is so even where nothing is trained.
    behind += operations.indices.filter { !needs.gradient[operations[$0].output] && !operations[$0].parameters.isEmpty }
    phases.append(Phase())
    addGradients(behind, clips: clipsGradients, isLast: true)
    if clipsGradients {
      add(.square, .parameters(group: nil))
      phases.append(Phase())
      add(.update, .parameters(group: nil))
    } else if updatesWhole {
      phases.append(Phase())
    }
    if updatesWhole { add(.updateWhole, .parameters(group: nil)) }
  }

  /// Adds the gradients of some operations' parameters to the last phase, and their updates, unless they wait for the norm of all.
  private mutating func addGradients(_ operations: [Int], clips: Bool, isLast: Bool = false) {
    guard !operations.isEmpty else { return }
    groups.append(operations.sorted())
    let isAll = groups.count == 1 && isLast
    let owner = Owner.parameters(group: isAll ? nil : groups.count - 1)
    add(.gradient, owner)
    if !clips { add(.update, owner) }
  }

  /// The way forward in training mode as far as statistics need it, and their next values; nothing where there are none.
  init(measuring operations: [Operation], isDivided: [Bool]) {
    guard let last = operations.lastIndex(where: { $0.memory.forwardSums > 0 }) else { return }
    add(.read, .rows)
    for index in 0..<last { addForward(operations[index], index, isDivided: isDivided[index]) }
    add(.sumForward(last), .rows)
    add(.statistic, .parameters(group: nil))
  }

  private mutating func addForward(_ operation: Operation, _ index: Int, isDivided: Bool) {
    if isDivided {
      add(.forward(index), .units(index))
      return
    }
    if operation.memory.forwardSums > 0 {
      add(.sumForward(index), .rows)
      phases.append(Phase())
    }
    add(.forward(index), .rows)
  }

  /// Adds a pass to the last stage, if that has the same owner. Another owner's needs a barrier before it, unless the phase is new or
  /// about parameters: nothing on the way back reads what those change.
  private mutating func add(_ pass: Pass, _ owner: Owner) {
    guard let last = phases.indices.last, let stage = phases[last].stages.indices.last else {
      if phases.isEmpty { phases.append(Phase()) }
      return phases[phases.count - 1].stages.append(Stage(owner: owner, passes: [pass]))
    }
    let before = phases[last].stages[stage].owner
    if before == owner {
      phases[last].stages[stage].passes.append(pass)
    } else if before.isParameters {
      phases[last].stages.append(Stage(owner: owner, passes: [pass]))
    } else {
      phases.append(Phase(stages: [Stage(owner: owner, passes: [pass])]))
    }
  }
}

extension Schedule.Owner {
  fileprivate var isParameters: Bool {
    switch self {
    case .rows, .units: false
    case .parameters: true
    }
  }
}
