public import Kernels
import Requirements

/// A network ready to learn, with all memory laid out in one arena that the plan owns.
///
/// A step follows a schedule of phases with barriers between them. In the simplest, each thread first takes its rows of the
/// batch through the whole network and back; then each thread takes its share of the parameters, computes their gradients
/// over all rows, and updates them at once. Large batches do this part by part; with few rows, threads share out the units of
/// large linear layers instead of the rows; batch statistics, clipping and matrices that are updated as a whole add phases. Nothing
/// is allocated after the first step, and the result is bit-identical for any number of threads.
///
/// ```swift
/// let model = Models.mlp(hidden: [8], inputShape: [2], classCount: 2)
/// var plan = try TrainingPlan(
///   Network(model, inputShape: [2]), batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.5), seed: 1)
/// let batch = Batch(
///   inputs: DenseInputs([0, 0, 0, 1, 1, 0, 1, 1], shape: [2]),
///   targets: try .classIndices([0, 1, 1, 0], classCount: 2))
/// for _ in 0..<200 { plan.step(batch) }
/// print(plan.step(batch).loss < 0.1)  // true
/// ```
public struct TrainingPlan: ~Copyable {
  /// What is minimised.
  public let loss: any Loss
  /// How parameters follow their gradients. It can be changed between steps; the new one must have the slots of the first, and
  /// update the same parameters as a whole. Schedules need no change: see ``setLearningRate(by:at:)``.
  public var optimizer: any Optimizer {
    didSet {
      require(
        optimizer.slots == slots, "This plan was made for an optimizer that keeps \(slots), not \(optimizer.slots).")
      for parameter in network.parameters {
        require(
          optimizer.updatesWhole(parameter) == oldValue.updatesWhole(parameter)
            && optimizer.workspaceCount(for: parameter) <= oldValue.workspaceCount(for: parameter),
          "This plan was made for an optimizer that updates \(parameter.name) otherwise.")
      }
    }
  }
  /// What the learning rate of the next step is multiplied by, for all parameters but those of groups with a schedule of their own:
  /// 0 or more. At 0, parameters stay where they are, but what the optimizer keeps of them moves.
  public var learningRateFactor: Float = 1 {
    didSet {
      require(
        learningRateFactor >= 0, "A factor of the learning rate must be 0 or more, not \(learningRateFactor).")
      for index in settings.indices where schedules[index] == nil {
        settings[index].learningRateFactor = groupSettings[index].learningRateFactor * learningRateFactor
      }
    }
  }
  /// How the rows of a batch are put together.
  public let reduction: Reduction
  /// The number of updates made so far, which optimizers and layers' random numbers depend on. To go on where another plan was,
  /// set it together with ``parameters`` and ``optimizerState``.
  public var stepCount = 0 {
    didSet { require(stepCount >= 0, "There cannot have been \(stepCount) updates.") }
  }
  /// The network that is trained.
  public let network: Network
  /// The most examples of one step.
  public let batchSize: Int

  let memory: TrainingMemory
  /// What groups ask for each parameter, and its schedule, if that is not the common one.
  private let groupSettings: [ParameterSettings]
  private let schedules: [(any LearningRateSchedule)?]
  /// What is asked for in the next step.
  private var settings: [ParameterSettings]
  private let maximumGradientNorm: Float?
  private let maximumGradientValue: Float?
  private let acceptedTargets: Set<Targets.Encoding>
  private let slots: [String]
  private let keepsGradients: Bool
  let arena: Arena
  let team: ThreadTeam

  /// The number of classes: logits of one example, or of one position where the output is (classes, positions).
  public var classCount: Int { network.outputShape[0] }

  /// A plan with initial parameters drawn from `seed`.
  ///
  /// - Parameters:
  ///   - network: what to train.
  ///   - batchSize: the most examples of one step.
  ///   - loss: what is minimised.
  ///   - optimizer: how parameters follow their gradients.
  ///   - seed: what the initial parameters and the layers' random numbers are drawn from.
  ///   - groups: parameters that are trained differently from the others, or not at all.
  ///   - maximumGradientNorm: if the norm of all gradients together is larger, they are scaled down to it.
  ///   - maximumGradientValue: each gradient is limited to its range about 0, before the norm is taken.
  ///   - reduction: whether the mean over a batch's rows is minimised, or their sum.
  ///   - team: the threads that share the work.
  ///   - keepsGradients: whether the last step's ``gradients`` can be looked at. It costs time and memory, so by default
  ///     a gradient is gone once its parameters are updated.
  public init(
    _ network: Network, batchSize: Int, loss: any Loss, optimizer: any Optimizer, seed: UInt64,
    groups: [ParameterGroup] = [], maximumGradientNorm: Float? = nil,
    maximumGradientValue: Float? = nil, reduction: Reduction = .mean,
    team: ThreadTeam = .single, keepsGradients: Bool = false
  ) {
    self.init(
      network, batchSize: batchSize, loss: loss, optimizer: optimizer,
      parameters: Parameters(of: network, seed: seed), seed: seed, groups: groups,
      maximumGradientNorm: maximumGradientNorm, maximumGradientValue: maximumGradientValue, reduction: reduction,
      team: team, keepsGradients: keepsGradients)
  }

  /// A plan with the given parameters; see
  /// `init(_:batchSize:loss:optimizer:seed:groups:maximumGradientNorm:maximumGradientValue:reduction:team:keepsGradients:)`. Here `seed` is for the
  /// layers' random numbers alone.
  public init(
    _ network: Network, batchSize: Int, loss: any Loss, optimizer: any Optimizer, parameters: Parameters,
    seed: UInt64 = 0, groups: [ParameterGroup] = [], maximumGradientNorm: Float? = nil,
    maximumGradientValue: Float? = nil, reduction: Reduction = .mean,
    team: ThreadTeam = .single, keepsGradients: Bool = false
  ) {
    self.init(
      network, batchSize: batchSize, loss: loss, optimizer: optimizer, parameters: parameters, seed: seed,
      groups: groups, maximumGradientNorm: maximumGradientNorm, maximumGradientValue: maximumGradientValue,
      reduction: reduction, team: team, keepsGradients: keepsGradients, sharesRows: true)
  }

  /// - Parameter sharesRows: whether values and gradients use memory again, as they do everywhere but in tests.
  init(
    _ network: Network, batchSize: Int, loss: any Loss, optimizer: any Optimizer, parameters: Parameters, seed: UInt64,
    groups: [ParameterGroup], maximumGradientNorm: Float?, maximumGradientValue: Float?, reduction: Reduction,
    team: ThreadTeam, keepsGradients: Bool, sharesRows: Bool
  ) {
    require(!network.parameters.isEmpty, "The network has no parameters, so there is nothing to train.")
    require(
      maximumGradientNorm.map { $0 > 0 } ?? true, "The largest norm of the gradients must be above 0.")
    require(
      maximumGradientValue.map { $0 > 0 } ?? true, "The largest value of a gradient must be above 0.")
    groupSettings = network.settings(groups)
    settings = groupSettings
    schedules = network.schedules(groups)
    memory = TrainingMemory(
      network, batchSize: batchSize, optimizer: optimizer, threadCount: team.threadCount, seed: seed,
      isTrained: zip(network.parameters, settings).map { $0.role != .statistic && !$1.isFrozen },
      clipsGradients: maximumGradientNorm != nil, keepsGradients: keepsGradients, sharesRows: sharesRows)
    require(
      memory.backward.needs.gradient[network.output], "All parameters are frozen, so there is nothing to train.")
    require(
      batchSize >= network.minimumRows,
      "Batch normalisation needs \(network.minimumRows) examples a step or more in this network, not \(batchSize).")
    self.network = network
    self.batchSize = batchSize
    self.maximumGradientNorm = maximumGradientNorm
    self.maximumGradientValue = maximumGradientValue
    slots = optimizer.slots
    arena = Arena(memory.layout)
    self.loss = loss
    self.reduction = reduction
    acceptedTargets = loss.acceptedTargets
    self.optimizer = optimizer
    self.team = team
    self.keepsGradients = keepsGradients
    memory.forward.load(parameters, arena: arena)
  }

  /// The bytes that a plan of this kind allocates, without making one.
  ///
  /// - Parameter clipsGradients: whether the norm of the gradients is clipped, for which all of them are kept.
  public static func memorySize(
    of network: Network, batchSize: Int, optimizer: any Optimizer, threadCount: Int, clipsGradients: Bool = false
  ) -> Int {
    let memory = TrainingMemory(
      network, batchSize: batchSize, optimizer: optimizer, threadCount: threadCount, seed: 0,
      isTrained: network.parameters.map { $0.role != .statistic }, clipsGradients: clipsGradients, keepsGradients: false
    )
    return memory.layout.count * MemoryLayout<Float>.size
  }

  /// The bytes that this plan has allocated: parameters, optimizer state, activations, gradients and scratch memory.
  public var memorySize: Int { arena.count * MemoryLayout<Float>.size }

  /// The threads that a step's work can feed: as many as there are processors, unless waiting for one another would take
  /// longer than working.
  public static func usefulThreadCount(of network: Network, batchSize: Int) -> Int {
    min(ThreadTeam.processorCount, max(1, network.forwardCost * batchSize / workOfOneThread))
  }

  /// The multiply-adds of a forward pass, all rows together, that are worth a thread. Measured with multi-layer
  /// perceptrons of growing width at batch 4: a second thread loses at 0.4 million and gains at 0.8 million.
  private static let workOfOneThread = 300_000

  /// A copy of the parameters as they are now, statistics among them. Setting them keeps the optimizer's state.
  public var parameters: Parameters {
    get { memory.forward.copyParameters(from: memory.forward.parameters, arena: arena) }
    set { memory.forward.load(newValue, arena: arena) }
  }

  /// A copy of the last step's gradients, laid out like the parameters, with 0 for what is not trained; only of a plan that
  /// `keepsGradients`. Where the norm is clipped, they are the clipped ones.
  public var gradients: Parameters {
    require(keepsGradients, "This plan does not keep its gradients; make it with keepsGradients: true.")
    return memory.forward.copyParameters(from: memory.tasks.gradients, arena: arena)
  }

  /// A copy of what the optimizer keeps, slot by slot, each laid out like the parameters, with 0 for what is not trained.
  ///
  /// Set it, together with ``parameters`` and ``stepCount``, to go on where another plan was: the next step is then the same to the
  /// last bit.
  public var optimizerState: [String: Parameters] {
    get {
      var state: [String: Parameters] = [:]
      let shapes = network.parameters.map { ($0.name, $0.shape) }
      for (slot, name) in slots.enumerated() {
        var values = Parameters(shapes, values: Array(repeating: 0, count: network.parameterCount))
        for task in memory.tasks.updated {
          let source = arena.span(task.state.part(slot * task.elements.count..<(slot + 1) * task.elements.count))
          for index in source.indices { values.values[task.elements.lowerBound + index] = source[index] }
        }
        state[name] = values
      }
      return state
    }
    set {
      require(Set(newValue.keys) == Set(slots), "This optimizer keeps \(slots), not \(newValue.keys.sorted()).")
      for (slot, name) in slots.enumerated() {
        guard let values = newValue[name] else { continue }
        require(
          values.entries.map(\.name) == network.parameters.map(\.name) && values.count == network.parameterCount,
          "This state belongs to another network.")
        for task in memory.tasks.updated {
          var target = arena.mutableSpan(task.state.part(slot * task.elements.count..<(slot + 1) * task.elements.count))
          for index in target.indices { target[index] = values.values[task.elements.lowerBound + index] }
        }
      }
    }
  }

  /// Sets the factors of the next step: ``learningRateFactor`` by the common schedule, and those of groups by their own.
  ///
  /// ```swift
  /// let position = TrainingPosition(step: plan.stepCount, stepsPerEpoch: 100, stepCount: 1000)
  /// plan.setLearningRate(by: CosineAnnealingLR(), at: position)
  /// ```
  ///
  /// - Parameters:
  ///   - schedule: the common schedule; nil for a factor of 1.
  ///   - position: the step that comes next.
  public mutating func setLearningRate(by schedule: (any LearningRateSchedule)?, at position: TrainingPosition) {
    learningRateFactor = schedule.map { Float($0.factor(at: position)) } ?? 1
    for (index, own) in schedules.enumerated() {
      guard let own else { continue }
      let factor = Float(own.factor(at: position))
      require(factor >= 0, "A factor of the learning rate must be 0 or more, not \(factor).")
      settings[index].learningRateFactor = groupSettings[index].learningRateFactor * factor
      settings[index].isFrozen = groupSettings[index].isFrozen || factor == 0
    }
  }

  /// Trains on one batch: the mean loss over its rows, its gradients, and one update.
  ///
  /// - Parameter batch: at most `batchSize` examples, and at least one; two where the network has a batch normalisation of
  ///   vectors.
  /// - Returns: the loss before the update.
  @discardableResult
  public mutating func step(_ batch: Batch) -> StepResult {
    check(batch)
    let denominator = memory.losses.denominator(of: loss, batch, arena: arena)
    team.run(work(memory.schedule, batch, scale: reduction.scale(denominator: denominator)))
    stepCount += 1
    let values = arena.span(memory.losses.values)
    var sum = 0.0
    for row in 0..<batch.count { sum += Double(values[row]) }
    return StepResult(
      loss: reduction == .sum ? sum : loss.mean(sum: sum, denominator: denominator), sum: sum, denominator: denominator)
  }

  /// What threads do in a step by `schedule`, as things are now.
  func work(
    _ schedule: Schedule, _ batch: Batch, scale: Float, statisticMomentum: Float? = nil
  ) -> StepWork {
    let forward = ForwardWork(memory: memory.forward, arena: arena, step: stepCount)
    let backward = BackwardWork(forward, memory: memory.backward, unitBlocks: memory.unitBlocks)
    return StepWork(
      schedule: schedule, forward: forward, backward: backward,
      parameters: ParameterWork(
        backward, tasks: memory.tasks, optimizer: optimizer, settings: settings,
        maximumGradientNorm: maximumGradientNorm, maximumGradientValue: maximumGradientValue,
        statisticMomentum: statisticMomentum),
      losses: memory.losses, loss: loss, batch: batch, scale: scale, chunkSize: network.chunkSize)
  }

  /// Traps where a batch does not fit this plan.
  func check(_ batch: Batch) {
    let rows = batch.count
    require(rows >= 1 && rows <= batchSize, "This plan takes 1 to \(batchSize) examples a step, not \(rows).")
    require(
      rows >= network.minimumRows,
      "Batch normalisation needs \(network.minimumRows) examples a step or more in this network, not \(rows).")
    require(
      batch.inputs.inputShape == network.inputShape,
      "This plan takes inputs of shape \(network.inputShape), not \(batch.inputs.inputShape).")
    let targets = batch.targets
    require(
      targets.classCount == classCount,
      "This model has \(classCount) logits, but the targets have \(targets.classCount) classes.")
    require(
      targets.positions.dimensions[...] == network.outputShape.dimensions.dropFirst(),
      "This model's output is \(network.outputShape), which has classes first and then positions; but the "
        + "targets have positions \(targets.positions). For one target an example, end the model with a Flatten().")
    let encoding = batch.isMixed ? targets.mixedEncoding : targets.encoding
    require(acceptedTargets.contains(encoding), "\(type(of: loss)) does not take \(encoding).")
    require(
      !batch.isMixed || targets.positions.count == 1 && targets.encoding != .labelledProbabilities,
      "Rows with a teacher's distribution beside a label, or with several positions, cannot be mixed.")
  }
}

/// What a training step reports, all of it before the update.
public struct StepResult: Sendable, Hashable {
  /// What is minimised: the mean over the batch's rows, or their sum.
  public let loss: Double
  /// The sum of the rows' values, each times its weight.
  public let sum: Double
  /// What the mean divides the sum by: the number of rows, unless the loss says otherwise.
  public let denominator: Double
}
