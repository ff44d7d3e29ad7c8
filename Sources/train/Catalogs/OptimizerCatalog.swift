import Martlet
import MartletTraining

/// The optimizers that can be asked for by name. The hyperparameters that all have, and SGD's momentum, are flags of their own.
///
/// Muon has the learning rate; the SGD that it has for all other parameters has the weight decay and the momentum.
enum OptimizerCatalog {
  /// What flags say about any of them.
  struct Hyperparameters: Sendable {
    var learningRate: Float
    /// Nil for the optimizer's default.
    var weightDecay: Float?
    var momentum: Float
    var usesNesterovMomentum: Bool
  }

  typealias Entry = NamedEntry<@Sendable (Hyperparameters) -> any Optimizer>

  static let all: [Entry] = [
    Entry(
      "sgd", "descent with momentum",
      [.number("dampening", 0, .zeroToOne, "how much of a gradient stays out of the velocity")]
    ) {
      arguments in
      let dampening = arguments.number("dampening")
      return { flags in
        SGD(
          learningRate: flags.learningRate, momentum: flags.momentum, dampening: dampening,
          weightDecay: flags.weightDecay ?? 0, nesterov: flags.usesNesterovMomentum)
      }
    },
    Entry(
      "adam", "steps of about one size, by averages of gradients and squares",
      betas + [ChoiceParameter("amsgrad", .flag, "divide by the largest average of squares so far")]
    ) { arguments in
      { flags in
        Adam(
          learningRate: flags.learningRate, beta1: arguments.number("beta1"), beta2: arguments.number("beta2"),
          epsilon: arguments.number("epsilon"), weightDecay: flags.weightDecay ?? 0, amsgrad: arguments.has("amsgrad"))
      }
    },
    Entry("adamw", "Adam with decoupled weight decay", betas) { arguments in
      { flags in
        AdamW(
          learningRate: flags.learningRate, beta1: arguments.number("beta1"), beta2: arguments.number("beta2"),
          epsilon: arguments.number("epsilon"), weightDecay: flags.weightDecay ?? 0.01)
      }
    },
    Entry(
      "rmsprop", "gradients divided by the root of the average of their squares",
      [
        .number("alpha", 0.99, .zeroToBelowOne, "the share of the average that is kept"),
        .number("epsilon", 1e-8, .atLeastZero, "what is added to the root"),
        .number("momentum", 0, .atLeastZero, "the share of the velocity that is kept"),
        ChoiceParameter("centered", .flag, "divide by the deviation of gradients"),
      ]
    ) { arguments in
      { flags in
        RMSprop(
          learningRate: flags.learningRate, alpha: arguments.number("alpha"), epsilon: arguments.number("epsilon"),
          weightDecay: flags.weightDecay ?? 0, momentum: arguments.number("momentum"),
          centered: arguments.has("centered"))
      }
    },
    Entry(
      "muon",
      "momentum whose direction is orthogonalised, for weights; SGD, with its momentum and weight decay, for the rest",
      [
        .number("momentum", 0.95, .atLeastZero, "the share of the velocity that is kept"),
        .number("steps", 5, .count, "the Newton–Schulz iterations, 100 at most"),
        ChoiceParameter("matrices", .text(default: "weights"), "whose weights: a name, or a pattern with *"),
        ChoiceParameter("normalize", .flag, "weights keep their norm: for layers with a normalisation behind them"),
        .number("others", 0.01, .atLeastZero, "the learning rate of all other parameters"),
      ]
    ) { arguments throws(ChoiceError) in
      let (steps, momentum, others) = (
        arguments.count("steps"), arguments.number("momentum"), arguments.number("others")
      )
      guard steps <= 100 else { throw ChoiceError("muon: steps must be 100 at most, not \(steps).") }
      let normalizes = arguments.has("normalize")
      let matrices = GroupCatalog.selection(arguments.word("matrices"))
      return { flags in
        Muon(
          learningRate: flags.learningRate, momentum: momentum, steps: steps, normalizesWeights: normalizes,
          matrices: matrices,
          others: SGD(
            learningRate: others, momentum: flags.momentum, weightDecay: flags.weightDecay ?? 0,
            nesterov: flags.usesNesterovMomentum))
      }
    },
  ]

  /// The optimizer that `text` asks for, for given hyperparameters.
  static func optimizer(_ text: String) throws -> @Sendable (Hyperparameters) -> any Optimizer {
    try Entry.make(text, flag: "--optimizer", "optimizer", among: all)
  }

  /// The name in `text`, which may have parameters behind it.
  static func name(in text: String) -> String { String(text.prefix { $0 != ":" }) }

  /// Whether `text` asks for SGD with dampening, which Nesterov momentum does not go with.
  static func hasDampening(_ text: String) throws -> Bool {
    let plain = Hyperparameters(learningRate: 0, weightDecay: nil, momentum: 0, usesNesterovMomentum: false)
    return (try optimizer(text)(plain) as? SGD).map { $0.dampening > 0 } ?? false
  }

  private static let betas: [ChoiceParameter] = [
    .number("beta1", 0.9, .zeroToBelowOne, "the share of the averaged gradient that is kept"),
    .number("beta2", 0.999, .zeroToBelowOne, "the share of the averaged square that is kept"),
    .number("epsilon", 1e-8, .atLeastZero, "what is added to the root"),
  ]
}
