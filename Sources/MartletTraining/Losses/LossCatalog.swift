import Martlet

/// All losses that can be asked for by name.
///
/// ```swift
/// for loss in LossCatalog.all { print(loss.name, loss.formula) }
/// let selection = try LossSelection("bootstrap:beta=0.8,hard")
/// print(type(of: selection.loss(classWeights: nil)))  // Bootstrapping
/// ```
public enum LossCatalog {
  /// The losses, the most asked for first.
  public static let all: [LossDescription] = [
    LossDescription(
      "cross-entropy", "how surprising the target is to the network", formula: "−Σ w·t·log p",
      reference: "PyTorch: CrossEntropyLoss. Smoothing: Szegedy et al. 2015, arXiv:1512.00567",
      parameters: [denominator], takesClassWeights: true,
      make: { CrossEntropy(classWeights: $1, denominator: $0.denominator) }),
    LossDescription(
      "nll", "cross-entropy in two steps: log-softmax in the network, likelihood in the loss",
      formula: "−Σ w·t·x, x = log p",
      reference: "PyTorch: NLLLoss behind LogSoftmax", parameters: [denominator], takesClassWeights: true,
      needsLogProbabilities: true, make: { NegativeLogLikelihood(classWeights: $1, denominator: $0.denominator) }),
    LossDescription(
      "kl", "cross-entropy minus the target's own entropy", formula: "Σ t·(log t − log p)",
      reference: "Kullback and Leibler 1951. PyTorch: KLDivLoss, reduction='batchmean'",
      make: { _, _ in KLDivergence() }),
    LossDescription(
      "bce", "binary cross-entropy: each class by itself, yes or no",
      formula: "−Σ w·[a·t·log σ(x) + (1 − t)·log(1 − σ(x))]",
      reference: "PyTorch: BCEWithLogitsLoss",
      notes: [smallGradients, "test NLL and calibration are of the softmax of its outputs, which it does not train"],
      parameters: [number("positive-weight", 1, .atLeastZero, "a, what a class counts where it holds")],
      takesClassWeights: true,
      make: { arguments, weights in
        BinaryCrossEntropyWithLogits(positiveWeights: [arguments.number("positive-weight")], classWeights: weights)
      }),
    LossDescription(
      "mse", "squared distance", formula: "Σ (x − t)², or Σ (p − t)² with softmax",
      reference: "PyTorch: MSELoss. With softmax: Brier 1950",
      notes: [smallGradients, "without 'softmax', test NLL and calibration are of a softmax that it does not train"],
      parameters: [.init("softmax", .flag, "the distance of probabilities, not of logits")],
      make: { arguments, _ in MeanSquaredError(appliesSoftmax: arguments.has("softmax")) }),
    LossDescription(
      "distillation", "a teacher's softened distribution, and the label beside it; for --labels soft",
      formula: "α·T²·KL(t ‖ softmax(x/T)) − (1 − α)·log p[label]",
      reference: "Hinton, Vinyals and Dean 2015, arXiv:1503.02531",
      parameters: [
        number("temperature", 4, .aboveZero, "T, for the teacher's logits as well"),
        number("alpha", 0.9, .zeroToOne, "α, the share of the teacher"),
        .init("unscaled", .flag, "without the factor T²"),
      ],
      make: { arguments, _ in
        Distillation(
          temperature: arguments.number("temperature"), alpha: arguments.number("alpha"),
          scalesByTemperatureSquared: !arguments.has("unscaled"))
      }),
    LossDescription(
      "focal", "cross-entropy in which what is easy counts less", formula: "−Σ w·t·(1 − p)^γ·log p",
      reference: "Lin et al. 2017, arXiv:1708.02002",
      parameters: [number("gamma", 2, .atLeastZero, "γ, how much less"), denominator], takesClassWeights: true,
      make: { FocalLoss(gamma: $0.number("gamma"), classWeights: $1, denominator: $0.denominator) }),
    LossDescription(
      "gce", "generalised cross-entropy: wrong labels have less effect", formula: "Σ t·(1 − p^q)/q",
      reference: "Zhang and Sabuncu 2018, arXiv:1805.07836",
      notes: ["its gradients are small while the network knows little: try --learning-rate 0.002 and --epochs 5"],
      parameters: [number("q", 0.7, .aboveZeroToOne, "q: cross-entropy near 0, absolute error at 1")],
      make: { arguments, _ in GeneralizedCrossEntropy(q: arguments.number("q")) }),
    LossDescription(
      "sce", "symmetric cross-entropy: and the same with target and prediction exchanged",
      formula: "−α·Σ t·log p − β·Σ p·max(log t, A)", reference: "Wang et al. 2019, arXiv:1908.06112",
      parameters: [
        number("alpha", 0.1, .atLeastZero, "α, the weight of cross-entropy"),
        number("beta", 1, .atLeastZero, "β, the weight of its reverse"),
        number("log-zero", -4, .belowZero, "A, the least that log t may be"),
      ],
      make: { arguments, _ in
        SymmetricCrossEntropy(
          alpha: arguments.number("alpha"), beta: arguments.number("beta"), logZero: arguments.number("log-zero"))
      }),
    LossDescription(
      "bootstrap", "the label mixed with what the network predicts", formula: "−Σ [β·t + (1 − β)·z]·log p",
      reference: "Reed et al. 2014, arXiv:1412.6596, which takes β = 0.95 for soft and 0.8 for hard",
      parameters: [
        number("beta", 0.95, .zeroToOne, "β, the share of the label"),
        .init(
          "prediction", .word(Bootstrapping.Prediction.allCases.map(\.rawValue)),
          "z: p, or 1 at the most probable class"),
        .init("detach", .flag, "z is a constant for the gradient, as it always is if hard"),
      ],
      make: { arguments, _ in
        Bootstrapping(
          beta: arguments.number("beta"),
          prediction: Bootstrapping.Prediction(rawValue: arguments.word("prediction")) ?? .soft,
          detachesPrediction: arguments.has("detach"))
      }),
  ]

  private static let smallGradients =
    "its mean is over rows and classes, so its gradients are small: try --learning-rate 0.03"

  private static func number(
    _ name: String, _ value: Float, _ limits: ChoiceParameter.Limits, _ meaning: String
  ) -> ChoiceParameter {
    ChoiceParameter(name, .number(default: value, limits), meaning)
  }

  private static let denominator = ChoiceParameter(
    "denominator", .word(MeanDenominator.allCases.map(\.rawValue)), "what weighted means divide by")
}
