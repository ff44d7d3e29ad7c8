import Kernels
import Requirements

/// What a network computes, and what that costs: a table's rows for people to read.
public struct NetworkSummary: Sendable, Hashable {
  /// One thing that a plan runs.
  public struct Operation: Sendable, Hashable {
    /// The layer's name: `conv1`; empty for a sum or a concatenation.
    public let name: String
    /// What it is, with what is computed in the same pass: `Conv2d + ReLU + MaxPool2d`.
    public let kind: String
    /// The shape of one output.
    public let outputShape: Shape
    /// The elements of its trained parameters.
    public let parameterCount: Int
    /// The elements of its statistics.
    public let statisticCount: Int
    /// The multiply-adds of the forward pass of one row.
    public let forwardCost: Int
    /// Whether the channels of its output are last in memory.
    public let isChannelsLast: Bool
  }

  /// What a step does with one thing that threads share out.
  public struct Stage: Sendable, Hashable, CustomStringConvertible {
    /// What they share out: `rows`, `units of fc1`, `parameters of fc1`.
    public let owner: String
    /// What they do with it, in order: `forward conv1`.
    public let passes: [String]

    /// `rows: read, forward conv1`.
    public var description: String { "\(owner): \(passes.joined(separator: ", "))" }
  }

  /// What a step does between two barriers.
  public struct Phase: Sendable, Hashable, CustomStringConvertible {
    /// What comes one after the other.
    public let stages: [Stage]

    /// `rows: read, forward conv1`, with a semicolon before another stage.
    public var description: String { stages.map(\.description).joined(separator: "; ") }
  }

  /// The operations of a training step, in order.
  public let operations: [Operation]
  /// The phases of a training step; a barrier stands between any two.
  public let phases: [Phase]
  /// The operations of an inference plan, in order: there, batch normalisation is part of the convolution before it.
  public let inference: [Operation]
  /// The bytes that a training plan allocates.
  public let trainingMemory: Int
  /// The bytes that an inference plan allocates.
  public let inferenceMemory: Int

  /// The elements of all trained parameters.
  public var parameterCount: Int { operations.reduce(0) { $0 + $1.parameterCount } }
  /// The elements of all statistics.
  public var statisticCount: Int { operations.reduce(0) { $0 + $1.statisticCount } }
  /// The multiply-adds of the forward pass of one row.
  public var forwardCost: Int { operations.reduce(0) { $0 + $1.forwardCost } }
}

extension Network {
  /// What a plan of this network would do in a step.
  ///
  /// ```swift
  /// let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
  /// let summary = network.summary(batchSize: 4)
  /// print(summary.operations[0].kind, summary.phases.count)  // Conv2d + ReLU + MaxPool2d 9
  /// ```
  ///
  /// - Parameters:
  ///   - batchSize: the rows of a step.
  ///   - optimizer: what memory is needed for.
  ///   - threadCount: the threads that memory is needed for.
  ///   - groups: parameters that are trained differently from the others, or not at all.
  ///   - clipsGradients: whether the norm of all gradients is clipped.
  public func summary(
    batchSize: Int, optimizer: any Optimizer = SGD(learningRate: 0.001, momentum: 0.9), threadCount: Int = 1,
    groups: [ParameterGroup] = [], clipsGradients: Bool = false
  ) -> NetworkSummary {
    require(batchSize >= 1 && threadCount >= 1, "A step has one row and one thread at least.")
    let memory = TrainingMemory(
      self, batchSize: batchSize, optimizer: optimizer, threadCount: threadCount, seed: 0,
      isTrained: zip(parameters, settings(groups)).map { $0.role != .statistic && !$1.isFrozen },
      clipsGradients: clipsGradients, keepsGradients: false)
    return NetworkSummary(
      operations: training.operations.map(row), phases: memory.schedule.phases.map { phase($0, of: memory.schedule) },
      inference: inference.operations.map(row), trainingMemory: memory.layout.count * MemoryLayout<Float>.size,
      inferenceMemory: InferencePlan.memorySize(of: self, batchSize: batchSize, threadCount: threadCount))
  }

  private func row(_ operation: Operation) -> NetworkSummary.Operation {
    let parameters = parameters[operation.parameters]
    func count(_ isStatistic: Bool) -> Int {
      parameters.reduce(0) { $0 + (($1.role == .statistic) == isStatistic ? $1.shape.count : 0) }
    }
    return NetworkSummary.Operation(
      name: operation.name, kind: ([operation.kindName] + operation.absorbed).joined(separator: " + "),
      outputShape: operation.outputShape, parameterCount: count(false), statisticCount: count(true),
      forwardCost: operation.cost.forward, isChannelsLast: operation.outputLayout == .channelsLast)
  }

  private func phase(_ phase: Schedule.Phase, of schedule: Schedule) -> NetworkSummary.Phase {
    NetworkSummary.Phase(stages: phase.stages.map { stage($0, of: schedule) })
  }

  private func stage(_ stage: Schedule.Stage, of schedule: Schedule) -> NetworkSummary.Stage {
    func name(_ index: Int) -> String {
      let operation = training.operations[index]
      return operation.name.isEmpty ? operation.kindName.lowercased() : operation.name
    }
    let owner =
      switch stage.owner {
      case .rows: "rows"
      case .units(let index): "units of \(name(index))"
      case .parameters(let group?):
        "parameters of \(schedule.groups[group].map(name).joined(separator: ", "))"
      case .parameters: "parameters"
      }
    let passes = stage.passes.map { pass in
      switch pass {
      case .read: "read"
      case .sumForward(let index): "sum \(name(index))"
      case .forward(let index): "forward \(name(index))"
      case .loss: "loss"
      case .sumBackward(let index): "sum gradients \(name(index))"
      case .backward(let index): "backward \(name(index))"
      case .addBlocks(let index): "add blocks \(name(index))"
      case .gradient: "gradient"
      case .statistic: "statistic"
      case .square: "square"
      case .update: "update"
      case .updateWhole: "update of whole matrices"
      }
    }
    return NetworkSummary.Stage(owner: owner, passes: passes)
  }
}

extension Operation {
  /// What it is: the layer's type, or `Sum`.
  var kindName: String {
    switch kind {
    case .layer(let layer): "\(type(of: layer))"
    case .sum: "Sum"
    case .concatenation: "Concatenation"
    }
  }
}
