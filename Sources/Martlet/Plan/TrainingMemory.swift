import Kernels

/// All memory of a training plan, and the schedule that uses it.
struct TrainingMemory: Sendable {
  let forward: ForwardMemory
  let backward: BackwardMemory
  let tasks: ParameterTasks
  let losses: LossMemory
  let unitBlocks: UnitBlocks
  let schedule: Schedule
  /// What measures statistics alone.
  let measuring: Schedule
  let layout: ArenaLayout

  /// - Parameters:
  ///   - optimizer: what keeps floats of each parameter element, and needs scratch memory.
  ///   - seed: what layers' random numbers are drawn from.
  ///   - isTrained: for each parameter, whether it is trained.
  ///   - clipsGradients: whether the update needs the norm of all gradients.
  ///   - keepsGradients: whether gradients are there after the step.
  init(
    _ network: Network, batchSize: Int, optimizer: any Optimizer, threadCount: Int, seed: UInt64, isTrained: [Bool],
    clipsGradients: Bool, keepsGradients: Bool
  ) {
    var layout = ArenaLayout()
    let partSize = network.partSize(batchSize: batchSize)
    let unitBlocks = UnitBlocks(batchSize: batchSize)
    forward = ForwardMemory(
      network, rowCount: partSize, threadCount: threadCount, isTraining: true, seed: seed, layout: &layout)
    let isDivided = forward.operations.map(unitBlocks.divide)
    backward = BackwardMemory(
      forward, isTrained: isTrained, isDivided: isDivided, unitBlocks: unitBlocks, layout: &layout)
    let trained = zip(network.parameters, isTrained).filter(\.1).map(\.0)
    tasks = ParameterTasks(
      forward, slotCount: optimizer.slots.count, isWhole: network.parameters.map(optimizer.updatesWhole),
      workspaceCount: trained.map(optimizer.workspaceCount).max() ?? 0, threadCount: threadCount, isTrained: isTrained,
      isDivided: isDivided,
      unitBlocks: unitBlocks, keepsGradients: keepsGradients || clipsGradients || batchSize > partSize,
      squares: clipsGradients, layout: &layout)
    losses = LossMemory(network.outputShape, batchSize: batchSize, threadCount: threadCount, layout: &layout)
    schedule = Schedule(
      training: forward.operations, isDivided: isDivided, needsGradient: backward.needsGradient,
      needsBackward: backward.needsBackward, clipsGradients: clipsGradients)
    measuring = Schedule(measuring: forward.operations, isDivided: isDivided)
    self.unitBlocks = unitBlocks
    self.layout = layout
  }
}
