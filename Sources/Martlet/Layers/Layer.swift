import Requirements

/// A part of a network with one input and one output: a small value that owns neither memory nor parameters.
///
/// A plan calls the three functions below with spans of its own memory. Rows are examples: `input` holds
/// `geometry.rows` examples of shape `geometry.input`, one behind the other, and so on. Threads call the same layer at
/// the same time, for different rows or different units, so a layer computes each element in an order that does not
/// depend on which rows or units come with it.
///
/// A layer without parameters needs no more than this:
///
/// ```swift
/// struct Square: Layer {
///   func outputShape(for input: Shape) -> Shape { input }
///
///   func forward(
///     _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>,
///     workspace: inout MutableSpan<Float>
///   ) {
///     for i in input.indices { output[i] = input[i] * input[i] }
///   }
///
///   func backward(
///     _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, outputGradient: Span<Float>,
///     inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
///   ) {
///     for i in input.indices { inputGradient[i] = 2 * input[i] * outputGradient[i] }
///   }
/// }
/// ```
public protocol Layer: Model {
  /// The shape of one output for one input of shape `input`.
  ///
  /// - Throws: a sentence about what is wrong with `input`; the plan adds the layer's name.
  func outputShape(for input: Shape) throws(ShapeError) -> Shape

  /// The parameters for inputs of shape `input`; by default there are none. A parameter's first size is its number of
  /// *units*, which threads share out when they compute its gradient.
  func parameters(for input: Shape) -> [ParameterSpecification]

  /// The floats of scratch memory that one thread needs; by default 0.
  func workspaceCount(for input: Shape) -> Int

  /// Computes `output`, (rows, output shape), from `input`, (rows, input shape).
  ///
  /// `parameters` holds all parameters of the layer, in their order, without gaps.
  func forward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, output: inout MutableSpan<Float>,
    workspace: inout MutableSpan<Float>)

  /// Computes `inputGradient`, (rows, input shape), from `outputGradient`, (rows, output shape). It overwrites.
  func backward(
    _ geometry: LayerGeometry, input: Span<Float>, parameters: Span<Float>, outputGradient: Span<Float>,
    inputGradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>)

  /// Computes the gradient of `units` of the parameter at `index`, summed over all rows in order. It overwrites
  /// `gradient`, (units.count, the parameter's other sizes).
  func gradient(
    ofParameter index: Int, units: Range<Int>, _ geometry: LayerGeometry, input: Span<Float>,
    outputGradient: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>)
}

extension Layer {
  /// None.
  public func parameters(for input: Shape) -> [ParameterSpecification] { [] }

  /// None.
  public func workspaceCount(for input: Shape) -> Int { 0 }

  /// Never asked for by a plan when there are no parameters; it traps.
  public func gradient(
    ofParameter index: Int, units: Range<Int>, _ geometry: LayerGeometry, input: Span<Float>,
    outputGradient: Span<Float>, gradient: inout MutableSpan<Float>, workspace: inout MutableSpan<Float>
  ) {
    fail("\(Self.self) declares parameters, but does not compute their gradient.")
  }

  /// Applies the layer to `input`.
  public func record(_ input: Graph.Node, in graph: inout Graph) throws(ModelError) -> Graph.Node {
    try graph.apply(self, to: input)
  }
}

/// The sizes of one call to a layer.
public struct LayerGeometry: Sendable {
  /// The number of examples in this call.
  public let rows: Int
  /// The shape of one input.
  public let input: Shape
  /// The shape of one output.
  public let output: Shape

  /// The sizes of a call with `rows` examples.
  public init(rows: Int, input: Shape, output: Shape) {
    self.rows = rows
    self.input = input
    self.output = output
  }
}

/// What a layer says about one of its parameters.
public struct ParameterSpecification: Sendable, Hashable {
  /// The name within the layer: `weight`, `bias`.
  public let name: String
  /// The shape, units first.
  public let shape: Shape
  /// How the first values are drawn.
  public let initializer: Initializer

  /// A parameter of the given name, shape and initial values.
  public init(name: String, shape: Shape, initializer: Initializer) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
  }
}

/// A layer's word that it cannot take an input of that shape.
public struct ShapeError: Error, Hashable, CustomStringConvertible {
  /// What was found and what was expected, as a sentence.
  public let description: String

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}
