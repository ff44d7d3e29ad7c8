import Requirements

/// What an optimizer is asked to do differently for one parameter.
public struct ParameterSettings: Sendable, Hashable {
  /// What the learning rate is multiplied by: the group's factor times that of its schedule, or of the plan.
  public var learningRateFactor: Float = 1
  /// The weight decay instead of the optimizer's own; nil leaves it.
  public var weightDecay: Float?
  /// Whether the parameter stays as it is. Statistics, which are measured rather than trained, are not affected.
  public var isFrozen = false

  /// What the norm of each unit's part is limited to after each update; nil for no limit.
  public var maximumNorm: Float?

  /// What the optimizer does by itself.
  public init() {}
}

/// Parameters, chosen by role or name, that are trained differently from the others.
///
/// Groups are applied in order: of two that choose one parameter, the later one wins, setting by setting.
///
/// ```swift
/// let groups: [ParameterGroup] = [
///   .init(.roles([.bias, .scale]), weightDecay: 0),
///   .init(.named("conv1"), isFrozen: true),
///   .init(.named("fc3.bias"), learningRateFactor: 64),
/// ]
/// ```
public struct ParameterGroup: Sendable, Hashable {
  /// Which parameters.
  public enum Selection: Sendable, Hashable {
    /// All of them.
    case all
    /// Those with one of these roles.
    case roles(Set<ParameterRole>)
    /// The one of this name, or all of the layer or block of this name: `fc1` stands for `fc1.weight` and `fc1.bias`.
    case named(String)
    /// Those whose whole name is of this form, in which `*` stands for any characters, also for none: `*.norm1.bias`.
    case matching(String)
  }

  /// Which parameters.
  public let selection: Selection
  /// What the learning rate is multiplied by; nil leaves it.
  public let learningRateFactor: Float?
  /// The weight decay instead of the optimizer's own; nil leaves it.
  public let weightDecay: Float?
  /// Whether the parameters stay as they are; nil leaves it.
  public let isFrozen: Bool?
  /// What the norm of each output unit's part, such as its incoming weights, is limited to after each update: a longer one is scaled
  /// down to it. Nil leaves it. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).
  public let maximumNorm: Float?
  /// The schedule in place of the one that the others follow; nil leaves it. Where it is 0, the parameters rest: they, their averages and
  /// their momentum stay as they are, and their gradients do not count in the norm of all. Optimizers count all steps, also
  /// those in which a parameter rests.
  public let schedule: (any LearningRateSchedule)?

  /// A group with the settings that differ. Factor and decay are 0 or more, a norm is above 0.
  public init(
    _ selection: Selection, learningRateFactor: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool? = nil,
    maximumNorm: Float? = nil, schedule: (any LearningRateSchedule)? = nil
  ) {
    require(
      (learningRateFactor ?? 0) >= 0 && (weightDecay ?? 0) >= 0,
      "A group's learning-rate factor and weight decay must be 0 or more.")
    require(maximumNorm.map { $0 > 0 } ?? true, "A group's largest norm must be above 0.")
    self.selection = selection
    self.learningRateFactor = learningRateFactor
    self.weightDecay = weightDecay
    self.isFrozen = isFrozen
    self.maximumNorm = maximumNorm
    self.schedule = schedule
  }

  /// Whether the group chooses that parameter.
  public func contains(_ parameter: Network.Parameter) -> Bool { selection.contains(parameter) }

  /// Whether two groups choose and ask for the same.
  public static func == (first: Self, second: Self) -> Bool {
    first.selection == second.selection && first.learningRateFactor == second.learningRateFactor
      && first.weightDecay == second.weightDecay && first.isFrozen == second.isFrozen
      && first.maximumNorm == second.maximumNorm
      && first.schedule.map(\.asHashable) == second.schedule.map(\.asHashable)
  }

  /// Hashes what it asks for.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(selection)
    hasher.combine(learningRateFactor)
    hasher.combine(weightDecay)
    hasher.combine(isFrozen)
    hasher.combine(maximumNorm)
    hasher.combine(schedule.map(\.asHashable))
  }
}

extension ParameterGroup.Selection {
  /// Whether it chooses that parameter.
  func contains(_ parameter: Network.Parameter) -> Bool {
    switch self {
    case .all: true
    case .roles(let roles): roles.contains(parameter.role)
    case .named(let name): parameter.name == name || parameter.name.hasPrefix(name + ".")
    case .matching(let pattern): parameter.name.matches(pattern)
    }
  }

  /// The name or pattern that must fit a parameter.
  package var name: String? {
    switch self {
    case .named(let name), .matching(let name): name
    case .all, .roles: nil
    }
  }
}

extension String {
  /// Whether the whole string is of a form in which `*` stands for any characters.
  func matches(_ pattern: String) -> Bool {
    // Each part is looked for where the one before ends; the first must start the string, and the last end it.
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return self == pattern }
    guard let first = parts.first, let last = parts.last, hasPrefix(first) else { return false }
    var rest = dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let place = rest.indices.first(where: { rest[$0...].hasPrefix(part) }) else { return false }
      rest = rest[place...].dropFirst(part.count)
    }
    return rest.hasSuffix(last)
  }
}

extension Network {
  /// What `groups` ask for each parameter. A group that chooses none is a mistake.
  func settings(_ groups: [ParameterGroup]) -> [ParameterSettings] {
    var settings = Array(repeating: ParameterSettings(), count: parameters.count)
    for group in groups {
      var isUsed = false
      for (index, parameter) in parameters.enumerated() where group.contains(parameter) {
        isUsed = true
        if let factor = group.learningRateFactor { settings[index].learningRateFactor = factor }
        if let decay = group.weightDecay { settings[index].weightDecay = decay }
        if let isFrozen = group.isFrozen { settings[index].isFrozen = isFrozen }
        if let norm = group.maximumNorm { settings[index].maximumNorm = norm }
      }
      if let name = group.selection.name {
        require(
          isUsed,
          "There is no parameter '\(name)'; there are \(parameters.map(\.name).joined(separator: ", ")).")
      }
    }
    return settings
  }

  /// The schedule of its own that `groups` give each parameter.
  func schedules(_ groups: [ParameterGroup]) -> [(any LearningRateSchedule)?] {
    parameters.map { parameter in groups.last { $0.schedule != nil && $0.contains(parameter) }?.schedule }
  }
}
