/// What a parameter is for. Optimizers are told, so that biases and scales can be kept from decay, for instance.
public enum ParameterRole: String, Sendable, Hashable, CaseIterable {
  /// A matrix or kernel that multiplies inputs.
  case weight
  /// What is added to an output, such as the `bias` of a linear layer or of a normalisation.
  case bias
  /// What a normalised value is multiplied by, such as the `weight` of a `BatchNorm2d`.
  case scale
  /// What is measured rather than trained, such as the `running_mean` of a `BatchNorm2d`.
  case statistic
}

/// What a layer says about one of its parameters.
public struct ParameterSpecification: Sendable, Hashable {
  /// The name within the layer: `weight`, `bias`.
  public let name: String
  /// The shape, units first.
  public let shape: Shape
  /// How the first values are drawn.
  public let initializer: Initializer
  /// What it is for.
  public let role: ParameterRole

  /// A parameter of the given name, shape and initial values.
  public init(name: String, shape: Shape, initializer: Initializer, role: ParameterRole = .weight) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.role = role
  }

  /// The units that threads share out.
  var unitCount: Int { shape.rank == 0 ? 1 : max(1, shape[0]) }
}
