public import Kernels
import Requirements

/// A model ready to answer: recorded once, with all memory laid out, and no gradients.
///
/// ```swift
/// let network = try Network(Models.mlp(hidden: [8], inputShape: [4], classCount: 3), inputShape: [4])
/// var plan = InferencePlan(network, batchSize: 2, parameters: Parameters(of: network, seed: 1))
/// print(plan.logits(for: DenseInputs([1, 2, 3, 4], shape: [4]), at: [0]).count)  // 3
/// ```
public struct InferencePlan: ~Copyable {
  private let sweep: ForwardSweep
  private let arena: Arena
  private let team: ThreadTeam

  /// The shape of one example's logits: (classes), or (classes, positions).
  public var outputShape: Shape { sweep.network.outputShape }
  /// The number of classes.
  public var classCount: Int { outputShape[0] }
  /// The most examples of one call.
  public var batchSize: Int { sweep.rowCount }

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
    sweep = ForwardSweep(
      network, rowCount: batchSize, threadCount: team.threadCount, trainingBatchSize: nil, layout: &layout)
    arena = Arena(layout)
    self.team = team
    sweep.load(parameters, arena: arena)
  }

  /// The bytes that a plan of this kind allocates, without making one.
  public static func memorySize(
    of network: Network, batchSize: Int, threadCount: Int
  ) -> Int {
    var layout = ArenaLayout()
    _ = ForwardSweep(
      network, rowCount: batchSize, threadCount: threadCount,
      trainingBatchSize: nil, layout: &layout)
    return layout.count * MemoryLayout<Float>.size
  }

  /// The logits, (indices.count, outputShape), for the inputs at `indices`.
  @_lifetime(&self)
  public mutating func logits(for inputs: any InputSource, at indices: ArraySlice<Int>) -> Span<Float> {
    require(
      indices.count <= batchSize, "This plan takes at most \(batchSize) examples at once, not \(indices.count).")
    require(
      inputs.inputShape == sweep.network.inputShape,
      "This plan takes inputs of shape \(sweep.network.inputShape), not \(inputs.inputShape).")
    Batch.check(indices, of: inputs)
    team.run(Work(sweep: sweep, inputs: inputs, indices: indices, arena: arena))
    return arena.span(sweep.value(sweep.network.output, 0..<indices.count))
  }

  private struct Work: TeamWork {
    let sweep: ForwardSweep
    let inputs: any InputSource
    let indices: ArraySlice<Int>
    let arena: Arena

    func run(as member: TeamMember) {
      let rows = member.share(of: indices.count)
      var first = rows.lowerBound
      while first < rows.upperBound {
        let chunk = first..<min(rows.upperBound, first + sweep.chunkSize)
        sweep.run(inputs, indices, rows: chunk, member: member, arena: arena)
        first = chunk.upperBound
      }
    }
  }
}
