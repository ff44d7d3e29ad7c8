import Requirements

/// What an optimizer is asked to do differently for one parameter.
public struct ParameterSettings: Sendable, Hashable {
  /// What the learning rate is multiplied by.
  public var learningRateFactor: Float = 1
  /// The weight decay instead of the optimizer's own; nil leaves it.
  public var weightDecay: Float?
  /// Whether the parameter stays as it is. Statistics, which are measured rather than trained, are not affected.
  public var isFrozen = false

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
  }

  /// Which parameters.
  public let selection: Selection
  /// What the learning rate is multiplied by; nil leaves it.
  public let learningRateFactor: Float?
  /// The weight decay instead of the optimizer's own; nil leaves it.
  public let weightDecay: Float?
  /// Whether the parameters stay as they are; nil leaves it.
  public let isFrozen: Bool?

  /// A group with the settings that differ. Factor and decay are 0 or more.
  public init(
    _ selection: Selection, learningRateFactor: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool? = nil
  ) {
    require(
      (learningRateFactor ?? 0) >= 0 && (weightDecay ?? 0) >= 0,
      "A group's learning-rate factor and weight decay must be 0 or more.")
    self.selection = selection
    self.learningRateFactor = learningRateFactor
    self.weightDecay = weightDecay
    self.isFrozen = isFrozen
  }

  /// Whether the group chooses that parameter.
  public func contains(_ parameter: Network.Parameter) -> Bool {
    switch selection {
    case .all: true
    case .roles(let roles): roles.contains(parameter.role)
    case .named(let name): parameter.name == name || parameter.name.hasPrefix(name + ".")
    }
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
      }
      if case .named(let name) = group.selection {
        require(
          isUsed,
          "There is no parameter '\(name)'; there are \(parameters.map(\.name).joined(separator: ", ")).")
      }
    }
    return settings
  }
}
