public import Kernels
import Requirements

/// A model ready to learn: recorded once, with all memory laid out in one arena that the plan owns.
///
/// A step is two sweeps with one meeting between them. First each thread takes its rows of the batch through the whole
/// network and back. Then each thread takes its share of the parameters, computes their gradients over all rows, and
/// updates them at once. Large batches do this part by part; in small ones, threads share out the units of large linear
/// layers instead of the rows. Nothing is allocated after the first step, and the result has the same bits for any number
/// of threads.
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
  /// What is made small.
  public let loss: any Loss
  /// How parameters follow their gradients. Change it between steps to follow a schedule; the new one must keep
  /// as much state an element as the first.
  public var optimizer: any Optimizer {
    didSet {
      require(
        optimizer.statePerElement == statePerElement,
        "This plan was recorded for an optimizer with \(statePerElement) floats of state an element.")
    }
  }
  /// How the rows of a batch are put together.
  public let reduction: Reduction
  /// The number of updates made so far.
  public private(set) var stepCount = 0

  private let forward: ForwardSweep
  private let backward: BackwardSweep
  private let update: ParameterSweep
  private let losses: LossMemory
  private let acceptedTargets: Set<Targets.Encoding>
  private let statePerElement: Int
  private let keepsGradients: Bool
  private let arena: Arena
  private let team: ThreadTeam

  /// The number of classes: logits of one example, or of one position where the output is (classes, positions).
  public var classCount: Int { forward.network.outputShape[0] }
  /// The most examples of one step.
  public let batchSize: Int

  /// A plan with initial parameters drawn from `seed`.
  ///
  /// - Parameters:
  ///   - network: what to train.
  ///   - batchSize: the most examples of one step.
  ///   - loss: what is made small.
  ///   - optimizer: how parameters follow their gradients.
  ///   - seed: the initial parameters' seed.
  ///   - reduction: whether the mean over a batch's rows is made small, or their sum.
  ///   - team: the threads that share the work.
  ///   - keepsGradients: whether the last step's ``gradients`` can be looked at. It costs time and memory, so by default
  ///     a gradient is gone once its parameters are updated.
  public init(
    _ network: Network, batchSize: Int, loss: any Loss, optimizer: any Optimizer, seed: UInt64,
    reduction: Reduction = .mean, team: ThreadTeam = .single, keepsGradients: Bool = false
  ) {
    self.init(
      network, batchSize: batchSize, loss: loss, optimizer: optimizer,
      parameters: Parameters(of: network, seed: seed), reduction: reduction, team: team, keepsGradients: keepsGradients)
  }

  /// A plan with the given parameters; see
  /// `init(_:batchSize:loss:optimizer:seed:reduction:team:keepsGradients:)`.
  public init(
    _ network: Network, batchSize: Int, loss: any Loss, optimizer: any Optimizer,
    parameters: Parameters, reduction: Reduction = .mean, team: ThreadTeam = .single, keepsGradients: Bool = false
  ) {
    require(
      network.needsGradient[network.output], "The network has no parameters, so there is nothing to train.")
    let sweeps = Sweeps(
      network, batchSize: batchSize, statePerElement: optimizer.statePerElement, threadCount: team.threadCount,
      keepsGradients: keepsGradients)
    self.batchSize = batchSize
    forward = sweeps.forward
    backward = sweeps.backward
    update = sweeps.update
    losses = sweeps.losses
    statePerElement = optimizer.statePerElement
    arena = Arena(sweeps.layout)
    self.loss = loss
    self.reduction = reduction
    acceptedTargets = loss.acceptedTargets
    self.optimizer = optimizer
    self.team = team
    self.keepsGradients = keepsGradients
    forward.load(parameters, arena: arena)
  }

  /// The bytes that a plan of this kind allocates, without making one.
  public static func memorySize(
    of network: Network, batchSize: Int, optimizer: any Optimizer, threadCount: Int
  ) -> Int {
    let sweeps = Sweeps(
      network, batchSize: batchSize,
      statePerElement: optimizer.statePerElement, threadCount: threadCount, keepsGradients: false)
    return sweeps.layout.count * MemoryLayout<Float>.size
  }

  /// The bytes that this plan has allocated: parameters, optimizer state, activations, gradients and scratch memory.
  public var memorySize: Int { arena.count * MemoryLayout<Float>.size }

  /// The parts of a step, and all the memory that they need.
  private struct Sweeps {
    let forward: ForwardSweep
    let backward: BackwardSweep
    let update: ParameterSweep
    let losses: LossMemory
    let layout: ArenaLayout

    init(
      _ network: Network, batchSize: Int, statePerElement: Int, threadCount: Int, keepsGradients: Bool
    ) {
      var layout = ArenaLayout()
      let partSize = min(batchSize, network.partSize)
      forward = ForwardSweep(
        network, rowCount: partSize, threadCount: threadCount, trainingBatchSize: batchSize, layout: &layout)
      backward = BackwardSweep(forward, layout: &layout)
      update = ParameterSweep(
        forward, statePerElement: statePerElement, threadCount: threadCount,
        keepsGradients: keepsGradients || batchSize > partSize, layout: &layout)
      losses = LossMemory(
        network.outputShape, batchSize: batchSize, threadCount: threadCount, layout: &layout)
      self.layout = layout
    }
  }

  /// The threads that a step's work can feed: as many as there are processors, unless meeting would take longer than
  /// working.
  public static func usefulThreadCount(of network: Network, batchSize: Int) -> Int {
    min(ThreadTeam.processorCount, max(1, network.forwardCost * batchSize / workOfOneThread))
  }

  /// The multiply-adds of a forward pass, all rows together, that are worth a thread. Measured with multi-layer
  /// perceptrons of growing width at batch 4: a second thread loses at 0.4 million and gains at 0.8 million.
  private static let workOfOneThread = 300_000

  /// A copy of the parameters as they are now. Setting them keeps the optimizer's state.
  public var parameters: Parameters {
    get { forward.copyParameters(from: forward.parameters, arena: arena) }
    set { forward.load(newValue, arena: arena) }
  }

  /// A copy of the last step's gradients, laid out like the parameters; only of a plan that `keepsGradients`.
  public var gradients: Parameters {
    require(keepsGradients, "This plan does not keep its gradients; make it with keepsGradients: true.")
    return forward.copyParameters(from: update.gradients, arena: arena)
  }

  /// Trains on one batch: the mean loss over its rows, its gradients, and one update.
  ///
  /// - Parameter batch: at most `batchSize` examples, and at least one.
  /// - Returns: the loss before the update.
  @discardableResult
  public mutating func step(_ batch: Batch) -> StepResult {
    let rows = batch.indices.count
    require(rows >= 1 && rows <= batchSize, "This plan takes 1 to \(batchSize) examples a step, not \(rows).")
    require(
      batch.inputs.inputShape == forward.network.inputShape,
      "This plan takes inputs of shape \(forward.network.inputShape), not \(batch.inputs.inputShape).")
    require(
      batch.targets.classCount == classCount,
      "This model has \(classCount) logits, but the targets have \(batch.targets.classCount) classes.")
    require(
      batch.targets.positions.dimensions[...] == forward.network.outputShape.dimensions.dropFirst(),
      "This model's output is \(forward.network.outputShape), which has classes first and then positions; but the "
        + "targets have positions \(batch.targets.positions). For one target an example, end the model with a Flatten()."
    )
    require(
      acceptedTargets.contains(batch.targets.encoding), "\(type(of: loss)) does not take \(batch.targets.encoding).")
    let denominator = batch.denominator(of: loss)
    team.run(
      Work(
        forward: forward, backward: backward, update: update, losses: losses, loss: loss, optimizer: optimizer,
        batch: batch, scale: reduction.scale(denominator: denominator), stepCount: stepCount, arena: arena))
    stepCount += 1
    let values = arena.span(losses.values)
    var sum = 0.0
    for row in 0..<rows { sum += Double(values[row]) }
    return StepResult(
      loss: reduction == .sum ? sum : loss.mean(sum: sum, denominator: denominator), sum: sum, denominator: denominator)
  }

  /// What each thread does in a step.
  private struct Work: TeamWork {
    let forward: ForwardSweep
    let backward: BackwardSweep
    let update: ParameterSweep
    let losses: LossMemory
    let loss: any Loss
    let optimizer: any Optimizer
    let batch: Batch
    /// What each row's gradient is multiplied by.
    let scale: Float
    let stepCount: Int
    let arena: Arena

    func run(as member: TeamMember) {
      let count = batch.indices.count
      var first = 0
      while first < count {
        // A part of the batch that there is memory for: nearly always all of it.
        let part = first..<min(count, first + forward.rowCount)
        if first > 0 { member.waitForAll() }
        runRows(of: part, member)
        member.waitForAll()
        runParameters(after: part, member)
        first = part.upperBound
      }
    }

    /// Takes this thread's rows of a part of the batch through the network and back.
    private func runRows(of part: Range<Int>, _ member: TeamMember) {
      let rows = member.share(of: part.count)
      let indices = batch.indices[
        batch.indices.startIndex + part.lowerBound..<batch.indices.startIndex + part.upperBound]
      var first = rows.lowerBound
      // Once at least: in a shared step, everybody is needed, whether they have rows or not.
      repeat {
        let chunk = first..<min(rows.upperBound, first + forward.chunkSize)
        forward.run(batch.inputs, indices, rows: chunk, member: member, arena: arena)
        evaluateLoss(chunk, of: part, thread: member.index)
        backward.run(forward, rows: chunk, all: 0..<part.count, member: member, arena: arena)
        first = chunk.upperBound
      } while first < rows.upperBound
    }

    /// Computes this thread's share of the gradients, and updates its parameters after the last part.
    private func runParameters(after part: Range<Int>, _ member: TeamMember) {
      let isLast = part.upperBound == batch.indices.count
      for task in update.tasks[member.index] {
        addGradient(of: task, rows: 0..<part.count, isFirst: part.lowerBound == 0, thread: member.index)
        if isLast { updateParameters(of: task) }
      }
    }

    /// The loss of each example, and the gradient of the batch's loss with respect to its logits.
    private func evaluateLoss(_ rows: Range<Int>, of part: Range<Int>, thread: Int) {
      let output = forward.network.output
      for row in rows {
        guard let buffer = backward.gradient(output, row..<row + 1, forward) else {
          fail("A plan without a gradient of its logits cannot have been made.")
        }
        let place = part.lowerBound + row
        var gradient = arena.mutableSpan(buffer)
        var values = arena.mutableSpan(losses.values.part(place..<place + 1))
        let weight = batch.weights.map { $0[place] } ?? 1
        // Not even an infinite loss is anything, times 0.
        guard weight > 0 else {
          for index in gradient.indices { gradient[index] = 0 }
          values[0] = 0
          continue
        }
        values[0] =
          weight
          * losses.evaluate(
            loss, logits: arena.span(forward.value(output, row..<row + 1)), targets: batch.targets,
            example: batch.indices[batch.indices.startIndex + place], gradient: &gradient, thread: thread, arena: arena)
        Kernel.scale(&gradient, by: weight * scale)
      }
    }

    private func addGradient(of task: ParameterSweep.Task, rows: Range<Int>, isFirst: Bool, thread: Int) {
      let step = forward.network.steps[task.step]
      guard let stage = step.stage, let outputGradient = backward.gradient(step.output, rows, forward) else { return }
      var gradient = arena.mutableSpan(isFirst ? task.gradient : task.addend)
      var workspace = arena.mutableSpan(forward.workspaces[thread])
      stage.gradient(
        ofParameter: task.parameter, units: task.units, rows: rows.count,
        input: arena.span(forward.value(step.inputs[0], rows)), outputGradient: arena.span(outputGradient),
        kept: arena.span(forward.kept(task.step, rows, thread: thread)), gradient: &gradient, workspace: &workspace)
      if !isFirst {
        var sum = arena.mutableSpan(task.gradient)
        Kernel.accumulate(arena.span(task.addend), into: &sum)
      }
    }

    private func updateParameters(of task: ParameterSweep.Task) {
      var values = arena.mutableSpan(task.values)
      var state = arena.mutableSpan(task.state)
      optimizer.update(
        parameters: &values, gradient: arena.span(task.gradient), state: &state, step: stepCount)
      forward.prepare(step: task.step, parameter: task.parameter, units: task.units, arena: arena)
    }
  }
}

/// What a training step reports, all of it before the update.
public struct StepResult: Sendable, Hashable {
  /// What was made small: the mean over the batch's rows, or their sum.
  public let loss: Double
  /// The sum of the rows' values, each times its weight.
  public let sum: Double
  /// What the mean divides the sum by: the number of rows, unless the loss says otherwise.
  public let denominator: Double
}
