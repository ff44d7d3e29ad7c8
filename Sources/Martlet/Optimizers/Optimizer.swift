import Kernels

/// How parameters follow their gradients: hyperparameters as a value, never the model.
///
/// The plan owns the state, calls `update` for runs of parameters from several threads at once, and does so right after
/// each run's gradient is known.
///
/// ```swift
/// /// θ ← θ − γ · sign(g), with the sign of 0 being 0.
/// struct SignDescent: Optimizer {
///   var learningRate: Float
///   var slots: [String] { [] }
///
///   func update(_ pass: inout UpdatePass) {
///     let rate = learningRate * pass.settings.learningRateFactor
///     for i in pass.gradient.indices where pass.gradient[i] != 0 {
///       pass.parameters[i] -= pass.gradient[i] > 0 ? rate : -rate
///     }
///   }
/// }
/// ```
public protocol Optimizer: Sendable {
  /// The names of what is kept of each parameter element from step to step, as PyTorch calls them: `momentum_buffer`,
  /// `exp_avg`. Each is one float an element, and 0 before the first step.
  var slots: [String] { get }

  /// Whether all elements of a parameter must be updated together, by one thread. By default, none are.
  func updatesWhole(_ parameter: Network.Parameter) -> Bool

  /// The floats of scratch memory that an update of elements of that parameter needs. By default, none.
  func workspaceCount(for parameter: Network.Parameter) -> Int

  /// Updates a run of elements of one parameter, or all of them.
  func update(_ pass: inout UpdatePass)
}

extension Optimizer {
  /// No parameter is.
  public func updatesWhole(_ parameter: Network.Parameter) -> Bool { false }

  /// None.
  public func workspaceCount(for parameter: Network.Parameter) -> Int { 0 }
}

/// A run of elements of one parameter, with their gradient and the optimizer's state.
public struct UpdatePass: ~Copyable, ~Escapable {
  /// The elements to change, (count).
  public var parameters: MutableSpan<Float>
  /// The loss's gradient with respect to them, (count).
  public let gradient: Span<Float>
  /// What the optimizer keeps, (slots, count): all elements' first slot, then their second.
  public var state: MutableSpan<Float>
  /// Whether these are all elements of the parameter, because the optimizer asked for that.
  public let isWhole: Bool
  /// Scratch memory; at least as many floats as the optimizer asked for.
  public var workspace: MutableSpan<Float>
  /// The number of updates made before, 0 for the first.
  public let step: Int
  // An array with a place in it: Swift 6.3 refuses a string in a structure that can neither be copied nor escape.
  private let networkParameters: [Network.Parameter]
  private let index: Int
  /// What its group asks for.
  public let settings: ParameterSettings

  /// Which parameter the elements belong to: its name, shape and role.
  public var parameter: Network.Parameter { networkParameters[index] }

  @_lifetime(borrow arena)
  init(
    _ arena: borrowing Arena, parameters: ArenaBuffer, gradient: ArenaBuffer, state: ArenaBuffer,
    workspace: ArenaBuffer,
    isWhole: Bool, step: Int,
    networkParameters: [Network.Parameter], parameter: Int, settings: ParameterSettings
  ) {
    self.parameters = arena.mutableSpan(parameters)
    self.gradient = arena.span(gradient)
    self.state = arena.mutableSpan(state)
    self.workspace = arena.mutableSpan(workspace)
    self.isWhole = isWhole
    self.step = step
    self.networkParameters = networkParameters
    index = parameter
    self.settings = settings
  }
}
