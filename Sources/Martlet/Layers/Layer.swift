import Requirements

/// A part of a network with one input and one output: a small value that owns neither memory nor parameters.
///
/// A plan calls the functions below with passes: spans of its own memory, and what is known about the rows in them. Rows are
/// examples: `input` holds `rows` examples of shape `inputShape`, one behind the other, and so on. Threads call the same layer
/// at the same time, for different rows or different units, so a layer computes each element in an order that does not
/// depend on which rows or units come with it.
///
/// A layer without parameters needs no more than this:
///
/// ```swift
/// struct Square: Layer {
///   func outputShape(for input: Shape) -> Shape { input }
///
///   func forward(_ pass: inout ForwardPass) {
///     for i in pass.input.indices { pass.output[i] = pass.input[i] * pass.input[i] }
///   }
///
///   func backward(_ pass: inout BackwardPass) {
///     for i in pass.input.indices { pass.inputGradient[i] = 2 * pass.input[i] * pass.outputGradient[i] }
///   }
/// }
/// ```
///
/// A layer with parameters also writes ``parameters(for:)`` and ``gradient(_:)``. One that keeps something of each row for the
/// way back, needs scratch memory, or needs sums over all rows of the batch says so in ``memory(for:)``.
public protocol Layer: Model {
  /// The shape of one output for one input of shape `input`.
  ///
  /// - Throws: a sentence about what is wrong with `input`; the network adds the layer's name.
  func outputShape(for input: Shape) throws(ShapeError) -> Shape

  /// The parameters for inputs of shape `input`; by default there are none. A parameter's first size is its number of
  /// *units*, which threads share out when they compute its gradient.
  func parameters(for input: Shape) -> [ParameterSpecification]

  /// The memory that the layer needs beside its input, output and parameters; by default none.
  func memory(for input: Shape) -> LayerMemory

  /// The multiply-adds of the passes of one row; by default counted from the parameters' sizes.
  func cost(for input: Shape) -> LayerCost

  /// The fewest rows of a training step; by default 1.
  func minimumRows(for input: Shape) -> Int

  /// This layer with `next` computed in the same pass, or nil if it cannot do that; by default nil.
  ///
  /// - Parameters:
  ///   - next: the layer that reads this layer's output, and is the only one to do so.
  ///   - input: the shape of this layer's input.
  ///   - isTraining: whether there will be a way back.
  func absorbing(_ next: any Layer, input: Shape, isTraining: Bool) -> (any Layer)?

  /// Copies units of a parameter into the order in which the other passes read them; for layers with packed memory.
  func pack(_ pass: inout PackPass)

  /// Computes some blocks of rows' shares of the sums that `forward` needs of the whole batch; for layers with such sums.
  func sumForward(_ pass: inout SumPass)

  /// Computes `output`, (rows, output shape), from `input`, (rows, input shape).
  func forward(_ pass: inout ForwardPass)

  /// Computes some blocks of rows' shares of the sums that `backward` needs of the whole batch; for layers with such sums.
  func sumBackward(_ pass: inout SumPass)

  /// Computes `inputGradient`, (rows, input shape), from `outputGradient`, (rows, output shape). It overwrites.
  func backward(_ pass: inout BackwardPass)

  /// Computes the gradient of some units of one parameter, summed over all rows in order. It overwrites.
  func gradient(_ pass: inout GradientPass)

  /// Computes the next values of some units of a parameter that is a statistic; for layers that have one.
  func statistic(_ pass: inout StatisticPass)
}

extension Layer {
  /// None.
  public func parameters(for input: Shape) -> [ParameterSpecification] { [] }

  /// None.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory() }

  /// As if each unit of a parameter were used at its share of the output's elements.
  public func cost(for input: Shape) -> LayerCost {
    guard let output = try? outputShape(for: input) else { return LayerCost() }
    let costs = parameters(for: input).map { parameter in
      parameter.shape.count / parameter.unitCount * max(1, output.count / parameter.unitCount)
    }
    let forward = zip(parameters(for: input), costs).reduce(0) { $0 + $1.0.unitCount * $1.1 }
    return LayerCost(forward: forward, gradientOfUnit: costs)
  }

  /// One.
  public func minimumRows(for input: Shape) -> Int { 1 }

  /// Nothing is absorbed.
  public func absorbing(_ next: any Layer, input: Shape, isTraining: Bool) -> (any Layer)? { nil }

  /// Never called for a layer without packed memory; it traps.
  public func pack(_ pass: inout PackPass) { fail("\(Self.self) declares packed memory, but does not pack anything.") }

  /// Never called for a layer without sums; it traps.
  public func sumForward(_ pass: inout SumPass) { fail("\(Self.self) declares sums, but does not compute them.") }

  /// Never called for a layer without sums; it traps.
  public func sumBackward(_ pass: inout SumPass) { fail("\(Self.self) declares sums, but does not compute them.") }

  /// Never called for a layer without parameters; it traps.
  public func gradient(_ pass: inout GradientPass) {
    fail("\(Self.self) declares parameters, but does not compute their gradient.")
  }

  /// Never called for a layer without statistics; it traps.
  public func statistic(_ pass: inout StatisticPass) {
    fail("\(Self.self) declares a statistic, but does not compute it.")
  }

  /// Applies the layer to `input`.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    try graph.apply(self, to: input)
  }
}

/// A layer's word that it cannot take an input of that shape.
public struct ShapeError: Error, Hashable, CustomStringConvertible {
  /// What was found and what was expected, as a sentence.
  public let description: String

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}
