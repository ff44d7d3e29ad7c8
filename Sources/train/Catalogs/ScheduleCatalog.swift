import Martlet
import MartletTraining

/// The schedules of the learning rate that can be asked for by name.
enum ScheduleCatalog {
  typealias Entry = NamedEntry<any LearningRateSchedule>

  static let all: [Entry] = [
    entry("constant", "the learning rate as it is") { _ in ConstantLR() },
    entry(
      "step", "times γ again and again",
      [.number("every", 30, .aboveZero, "the time from one reduction to the next"), gamma]
    ) { arguments throws(ChoiceError) in
      StepLR(every: try arguments.length("every"), gamma: Double(arguments.number("gamma")))
    },
    entry(
      "multi-step", "times γ at each of the listed times",
      [ChoiceParameter("at", .numbers(default: [30, 60], .atLeastZero), "when it steps down"), gamma]
    ) { arguments throws(ChoiceError) in
      var milestones: [TrainingLength] = []
      for value in arguments.numbers("at") { milestones.append(try arguments.length(of: value, "at")) }
      return MultiStepLR(milestones: milestones, gamma: Double(arguments.number("gamma")))
    },
    entry("exponential", "times γ over every epoch, a little at each step", [.number("gamma", 0.95, .aboveZero, "γ")]) {
      arguments in
      ExponentialLR(gamma: Double(arguments.number("gamma")), every: .epochs(1))
    },
    entry(
      "polynomial", "a power of the share of training that is left",
      [.number("power", 1, .aboveZero, "the power"), end]
    ) { arguments in
      PolynomialLR(power: Double(arguments.number("power")), endFactor: Double(arguments.number("end")))
    },
    entry("cosine", "half a cosine down", [end]) { CosineAnnealingLR(endFactor: Double($0.number("end"))) },
    entry(
      "one-cycle", "up, and further down than it started; PyTorch's OneCycleLR",
      [
        .number("rising", 0.3, .zeroToOne, "the share of training in which it rises"),
        .number("div", 25, .aboveZero, "what the first learning rate is divided by"),
        .number("final-div", 10000, .aboveZero, "what that is divided by in the end"),
        ChoiceParameter("annealing", .word(["cosine", "linear"]), "the form of rise and fall"),
      ]
    ) { arguments in
      OneCycleLR(
        risingShare: Double(arguments.number("rising")),
        annealing: arguments.word("annealing") == "linear" ? .linear : .cosine,
        divFactor: Double(arguments.number("div")), finalDivFactor: Double(arguments.number("final-div")))
    },
    entry(
      "triangular", "up in a line, and down in a line",
      [
        .number("start", 0.2, .atLeastZero, "the factor at the start"),
        .number("peak", 0.23, .zeroToOne, "the share of training before the top"),
        .number("end", 0.07, .atLeastZero, "the factor at the end"),
      ]
    ) { arguments in
      TriangularLR(
        startFactor: Double(arguments.number("start")), peak: .share(Double(arguments.number("peak"))),
        endFactor: Double(arguments.number("end")))
    },
  ]

  /// The schedule that `text` asks for.
  static func schedule(_ text: String) throws -> any LearningRateSchedule {
    try Entry.make(text, flag: "--schedule", "schedule", among: all)
  }

  /// What all schedules take: a warm-up before them, and the unit of times.
  static let shared: [ChoiceParameter] = [
    .number("warmup", 0, .atLeastZero, "how long the learning rate rises in a line before"),
    .number("from", 0, .atLeastZero, "the factor at which the warm-up starts"),
    ChoiceParameter("unit", .word(["epochs", "steps", "share"]), "what times are counted in; a share of the training"),
  ]

  /// A schedule with what all of them take: a warm-up before it, and the unit of times.
  private static func entry(
    _ name: String, _ summary: String, _ parameters: [ChoiceParameter] = [],
    make: @escaping @Sendable (ChoiceArguments) throws(ChoiceError) -> any LearningRateSchedule
  ) -> Entry {
    Entry(name, summary, parameters + shared) { arguments throws(ChoiceError) in
      let schedule = try make(arguments)
      guard arguments.number("warmup") > 0 else { return schedule }
      return warmup(for: try arguments.length("warmup"), from: Double(arguments.number("from")), then: schedule)
    }
  }

  private static func warmup(
    for length: TrainingLength, from factor: Double, then schedule: some LearningRateSchedule
  ) -> any LearningRateSchedule {
    WarmupLR(for: length, from: factor, then: schedule)
  }

  private static let gamma = ChoiceParameter.number("gamma", 0.1, .atLeastZero, "γ")
  private static let end = ChoiceParameter.number("end", 0, .atLeastZero, "the factor at the end")
}

extension ChoiceArguments {
  /// The number called `name` in the unit that was chosen.
  fileprivate func length(_ name: String) throws(ChoiceError) -> TrainingLength {
    try length(of: number(name), name)
  }

  fileprivate func length(of value: Float, _ name: String) throws(ChoiceError) -> TrainingLength {
    switch word("unit") {
    case "steps":
      guard value == value.rounded(), value <= 1e9 else {
        throw ChoiceError("\(name) must be a whole number of steps, not \(value).")
      }
      return .steps(Int(value))
    case "share":
      guard value <= 1 else { throw ChoiceError("\(name) is a share of training, from 0 to 1, not \(value).") }
      return .share(Double(value))
    default:
      guard value <= 1e6 else { throw ChoiceError("\(name) must be 1000000 epochs at most, not \(value).") }
      return .epochs(Double(value))
    }
  }
}
