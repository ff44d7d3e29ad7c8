import Kernels
import Requirements

/// What averages of weights need.
extension TrainingPlan {
  /// Measures the statistics of normalisations on one batch, by the way forward in training mode, and changes nothing else.
  ///
  /// With a share of 1 / n at the nth of several batches, statistics are made anew: they are the mean of those of all batches, whatever
  /// they were. This is what PyTorch's `torch.optim.swa_utils.update_bn` does. Without statistics, nothing is computed.
  ///
  /// ```swift
  /// for (index, batch) in batches.enumerated() { plan.measureStatistics(batch, share: 1 / Float(index + 1)) }
  /// ```
  ///
  /// - Parameters:
  ///   - batch: at most `batchSize` examples, as for ``step(_:)``.
  ///   - share: the share of the batch's statistics, from 0 to 1, in place of the layers' own momentum.
  public mutating func measureStatistics(_ batch: Batch, share: Float) {
    check(batch)
    require(share >= 0 && share <= 1, "A batch's share in statistics is from 0 to 1, not \(share).")
    guard !memory.measuring.phases.isEmpty else { return }
    team.run(work(memory.measuring, batch, scale: 1, statisticMomentum: share))
  }

  /// Moves an average of the parameters towards them as they are: average + share·(parameters − average), statistics among them.
  ///
  /// Neither this nor setting ``parameters`` allocates, so averages can follow each step.
  ///
  /// ```swift
  /// var average = plan.parameters
  /// plan.step(batch)
  /// plan.blend(into: &average, share: 0.01)
  /// ```
  ///
  /// - Parameters:
  ///   - average: parameters of this network.
  ///   - share: 0 leaves the average, and 1 makes it the parameters, both to the last bit.
  public func blend(into average: inout Parameters, share: Float) {
    memory.forward.blend(into: &average, share: share, arena: arena)
  }
}
