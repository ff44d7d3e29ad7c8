import Kernels
import Requirements

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
  ///   - sharesRows: whether values and gradients use memory again, as they do everywhere but in tests.
  init(
    _ network: Network, batchSize: Int, optimizer: any Optimizer, threadCount: Int, seed: UInt64, isTrained: [Bool],
    clipsGradients: Bool, keepsGradients: Bool, sharesRows: Bool = true
  ) {
    require(batchSize >= 1, "A batch must have room for at least one example, not \(batchSize).")
    var layout = ArenaLayout()
    let partSize = network.partSize(batchSize: batchSize)
    let unitBlocks = UnitBlocks(batchSize: batchSize)
    let list = network.training
    let isDivided = list.operations.map(unitBlocks.divide)
    let needs = BackwardNeeds(list, isTrained: isTrained)
    let isWhole = zip(network.parameters, isTrained).map { $1 && optimizer.updatesWhole($0) }
    schedule = Schedule(
      training: list.operations, isDivided: isDivided, needs: needs, clipsGradients: clipsGradients,
      updatesWhole: isWhole.contains(true))
    measuring = Schedule(measuring: list.operations, isDivided: isDivided)
    let buffers = RowMemory(
      training: list, rowCount: partSize, schedule: schedule, needs: needs, isShared: sharesRows,
      layout: &layout)
    forward = ForwardMemory(
      network, rowCount: partSize, threadCount: threadCount, buffers: buffers, isTraining: true, seed: seed,
      layout: &layout)
    backward = BackwardMemory(forward, needs: needs, isDivided: isDivided, unitBlocks: unitBlocks, layout: &layout)
    let trained = zip(network.parameters, isTrained).filter(\.1).map(\.0)
    tasks = ParameterTasks(
      forward, groups: schedule.groups, slotCount: optimizer.slots.count, isWhole: isWhole,
      workspaceCount: trained.map(optimizer.workspaceCount).max() ?? 0, threadCount: threadCount, isTrained: isTrained,
      isDivided: isDivided, unitBlocks: unitBlocks,
      keepsGradients: keepsGradients || clipsGradients || batchSize > partSize || isWhole.contains(true),
      squares: clipsGradients, layout: &layout)
    losses = LossMemory(network.outputShape, batchSize: batchSize, threadCount: threadCount, layout: &layout)
    self.unitBlocks = unitBlocks
    self.layout = layout
  }
}
