import ArgumentParser
import Martlet
import MartletTraining

/// How weights follow their gradients.
struct OptimizationOptions: ParsableArguments {
  @Option(
    name: .customLong("optimizer"),
    help: ArgumentHelp("The optimizer: \(OptimizerCatalog.Entry.usage(OptimizerCatalog.all)).", valueName: "name:x=1,y")
  )
  var optimizerText = "sgd"

  @Option(parsing: .unconditional, help: ArgumentHelp("The learning rate.", valueName: "x"))
  var learningRate: Float = 0.001

  @Option(
    name: .customLong("momentum"), parsing: .unconditional,
    help: ArgumentHelp("SGD: the share of the velocity that is kept (default: 0.9).", valueName: "x"))
  var momentumValue: Float?

  @Option(
    name: .customLong("weight-decay"), parsing: .unconditional,
    help: ArgumentHelp(
      "That share of each weight is added to its gradient (default: 0); AdamW takes it, times the learning rate, off the weight "
        + "(default: 0.01). Muon's matrices have that of --groups alone.",
      valueName: "x"))
  var weightDecayValue: Float?

  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "SGD: use Nesterov momentum.")
  var nesterov = false

  @Option(
    help: ArgumentHelp(
      "How the learning rate changes, by a factor for each step: "
        + ScheduleCatalog.all.map(\.name).joined(separator: ", ")
        + "; with 'warmup=2', it rises for 2 epochs before. 'train catalog schedule' says more.",
      valueName: "name:x=1,y"))
  var schedule: String?

  @Option(
    help: ArgumentHelp(
      "Parameters that are trained differently, such as 'biases:decay=0;block1.*:rate=0.1;conv1:frozen': all weights, biases or scales, a "
        + "name, or a pattern with *; 'rate' multiplies the learning rate, 'epochs' ends the training.",
      valueName: "name:x=1,y;…"))
  var groups: String?

  @Option(
    help: ArgumentHelp(
      "Slow weights that follow every few steps, and that training goes back to: \(LookaheadCatalog.Entry.usage(LookaheadCatalog.all)).",
      valueName: "name:x=1,y"))
  var lookahead: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Take an exponential moving average of the weights, which keeps that share of itself at each step, such as 0.999.",
      valueName: "x"))
  var ema: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Take the mean of the weights at the ends of epochs, behind that share of the training, such as 0.75.",
      valueName: "x"))
  var swa: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Clip the norm of all gradients together to this.", valueName: "x"))
  var clipNorm: Float?

  @Option(parsing: .unconditional, help: ArgumentHelp("Clip each gradient to this, up and down.", valueName: "x"))
  var clipValue: Float?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keep the norm of each unit's weights at or below this.", valueName: "x"))
  var maxNorm: Float?

  /// Refuses values that make no sense.
  func check() throws {
    let large = Float.greatestFiniteMagnitude
    for (flag, value) in [
      ("--learning-rate", learningRate), ("--momentum", momentumValue), ("--weight-decay", weightDecayValue),
    ] {
      guard let value, !(0...large).contains(value) else { continue }
      throw ValidationError("\(flag) must be 0 or more, not \(value).")
    }
    for (flag, value) in [("--clip-norm", clipNorm), ("--clip-value", clipValue), ("--max-norm", maxNorm)] {
      guard let value, !value.isFinite || value <= 0 else { continue }
      throw ValidationError("\(flag) must be a finite number above 0, not \(value).")
    }
    // At 1, an average would be the first weights for ever, and a mean that of none.
    if let ema, !(0..<1).contains(ema) { throw ValidationError("--ema must be at least 0 and below 1, not \(ema).") }
    if let swa, !(0..<1).contains(swa) { throw ValidationError("--swa must be at least 0 and below 1, not \(swa).") }
    if ema != nil && swa != nil {
      throw ValidationError("--ema and --swa are two averages of the weights; choose one of them.")
    }
    if !hasMomentum, momentumValue != nil || nesterov {
      throw ValidationError("\(nesterov ? "--nesterov" : "--momentum") is for --optimizer sgd or muon.")
    }
    if nesterov && momentum == 0 { throw ValidationError("--nesterov needs a --momentum above 0.") }
    if try nesterov && OptimizerCatalog.hasDampening(optimizerText) {
      throw ValidationError("--nesterov does not go with --optimizer \(optimizerText): it takes no dampening.")
    }
    _ = try optimizer
    _ = try learningRateSchedule
    _ = try parameterGroups
    _ = try slowWeights
  }

  /// Whether the optimizer is SGD, or has one for a part of the parameters.
  var hasMomentum: Bool { ["sgd", "muon"].contains(OptimizerCatalog.name(in: optimizerText)) }

  /// The share of the velocity that SGD keeps.
  var momentum: Float { momentumValue ?? 0.9 }

  /// The weight decay: PyTorch's defaults differ.
  var weightDecay: Float {
    weightDecayValue ?? (OptimizerCatalog.name(in: optimizerText) == "adamw" ? 0.01 : 0)
  }

  /// The optimizer that the flags ask for.
  var optimizer: any Optimizer {
    get throws {
      try OptimizerCatalog.optimizer(optimizerText)(
        .init(
          learningRate: learningRate, weightDecay: weightDecay, momentum: momentum, usesNesterovMomentum: nesterov))
    }
  }

  /// The schedule that the flags ask for.
  var learningRateSchedule: (any LearningRateSchedule)? {
    get throws { try schedule.map(ScheduleCatalog.schedule) }
  }

  /// The groups that the flags ask for.
  var parameterGroups: [ParameterGroup] {
    get throws {
      let limits = maxNorm.map { [ParameterGroup(.roles([.weight]), maximumNorm: $0)] } ?? []
      let schedule = try learningRateSchedule
      return limits + (try groups.map { try GroupCatalog.groups($0, schedule: schedule) } ?? [])
    }
  }

  /// The slow weights that the flags ask for.
  var slowWeights: Lookahead? {
    get throws { try lookahead.map(LookaheadCatalog.lookahead) }
  }

  /// The average of the weights that the flags ask for.
  var averaging: WeightAveraging? {
    ema.map { .exponential(decay: $0) } ?? swa.map { .stochastic(from: .share($0)) }
  }
}
