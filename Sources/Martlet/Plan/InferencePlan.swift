public import Kernels
import Requirements

/// A network ready to answer, with all memory laid out, and no gradients.
///
/// ```swift
/// let network = try Network(Models.mlp(hidden: [8], inputShape: [4], classCount: 3), inputShape: [4])
/// var plan = InferencePlan(network, batchSize: 2, parameters: Parameters(of: network, seed: 1))
/// print(plan.logits(for: DenseInputs([1, 2, 3, 4], shape: [4]), at: [0]).count)  // 3
/// ```
public struct InferencePlan: ~Copyable {
  /// The network that is run.
  public let network: Network
  private let memory: ForwardMemory
  private let schedule: Schedule
  private let arena: Arena
  private let team: ThreadTeam

  /// The shape of one example's logits: (classes), or (classes, positions).
  public var outputShape: Shape { network.outputShape }
  /// The number of classes.
  public var classCount: Int { outputShape[0] }
  /// The most examples of one call.
  public var batchSize: Int { memory.rowCount }

  /// A plan that runs `network`.
  ///
  /// - Parameters:
  ///   - network: what to run.
  ///   - batchSize: the most examples of one call.
  ///   - parameters: the network's parameters.
  ///   - team: the threads that share the rows.
  public init(
    _ network: Network, batchSize: Int, parameters: Parameters, team: ThreadTeam = .single
  ) {
    var layout = ArenaLayout()
    memory = Self.memory(network, batchSize: batchSize, threadCount: team.threadCount, layout: &layout)
    schedule = Schedule(inferring: memory.operations)
    arena = Arena(layout)
    self.network = network
    self.team = team
    memory.load(parameters, arena: arena)
  }

  /// The bytes that a plan of this kind allocates, without making one.
  public static func memorySize(of network: Network, batchSize: Int, threadCount: Int) -> Int {
    var layout = ArenaLayout()
    _ = memory(network, batchSize: batchSize, threadCount: threadCount, layout: &layout)
    return layout.count * MemoryLayout<Float>.size
  }

  private static func memory(
    _ network: Network, batchSize: Int, threadCount: Int, layout: inout ArenaLayout
  ) -> ForwardMemory {
    require(batchSize >= 1, "A batch must have room for at least one example, not \(batchSize).")
    let buffers = RowMemory(inferring: network.inference, rowCount: batchSize, layout: &layout)
    return ForwardMemory(
      network, rowCount: batchSize, threadCount: threadCount, buffers: buffers, isTraining: false, layout: &layout)
  }

  /// The logits, (indices.count, outputShape), for the inputs at `indices`.
  @_lifetime(&self)
  public mutating func logits(for inputs: any InputSource, at indices: ArraySlice<Int>) -> Span<Float> {
    require(
      indices.count <= batchSize, "This plan takes at most \(batchSize) examples at once, not \(indices.count).")
    require(
      inputs.inputShape == network.inputShape,
      "This plan takes inputs of shape \(network.inputShape), not \(inputs.inputShape).")
    Batch.check(indices, of: inputs)
    team.run(
      Work(
        schedule: schedule, forward: ForwardWork(memory: memory, arena: arena, step: 0), inputs: inputs,
        indices: indices))
    return arena.span(memory.value(network.output, 0..<indices.count))
  }

  private struct Work: TeamWork {
    let schedule: Schedule
    let forward: ForwardWork
    let inputs: any InputSource
    let indices: ArraySlice<Int>

    func run(as member: TeamMember) {
      let blocks = RowBlocks(rowCount: indices.count)
      let own = member.share(of: indices.count)
      let chunkSize = forward.memory.network.chunkSize
      for start in stride(from: own.lowerBound, to: own.upperBound, by: chunkSize) {
        let rows = start..<min(own.upperBound, start + chunkSize)
        for pass in schedule.phases[0].stages[0].passes {
          switch pass {
          case .read: forward.read(inputs, indices, rows: rows)
          case .forward(let operation):
            forward.forward(operation, rows: rows, first: 0, blocks: blocks, thread: member.index)
          default: fail("There is no way back in an inference plan.")
          }
        }
      }
    }
  }
}
