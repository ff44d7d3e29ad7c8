import Requirements

/// Sets elements to 0 at random while training, and scales the others up so that their mean stays: y = x / (1 − p), or 0 with
/// probability p. Otherwise it changes nothing.
///
/// Element i of row r in step s is kept if `random.stream(r).uniform(at: i) >= p`, with `random` the layer's numbers of step s (see
/// ``PassContext/random``). On the way back the same numbers are drawn again, so nothing is saved, and the mask depends on no
/// thread. PyTorch's `nn.Dropout`, but for the numbers.
///
/// Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way to Prevent Neural Networks from
/// Overfitting" (2014).
///
/// ```swift
/// let model = Sequential {
///   Linear(784, 800)
///   ReLU()
///   Dropout(0.5)
///   Linear(800, 10)
/// }
/// print(try Network(model, inputShape: [784]).outputShape)  // (10,)
/// ```
public struct Dropout: Layer, Hashable {
  /// p, from 0 to less than 1.
  public let probability: Float

  /// Dropout of elements with the given probability, from 0 to less than 1.
  public init(_ probability: Float = 0.5) {
    require(probability >= 0 && probability < 1, "A dropout's probability must be at least 0 and below 1.")
    self.probability = probability
  }

  /// The input's own shape.
  public func outputShape(for input: Shape) -> Shape { input }

  /// The way back draws the same numbers again.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: []) }

  /// Drops elements, while training.
  public func forward(_ pass: inout ForwardPass) {
    guard pass.isTraining else {
      for index in pass.input.indices { pass.output[index] = pass.input[index] }
      return
    }
    mask(pass.context, pass.input, &pass.output)
  }

  /// Drops the gradients of what was dropped.
  public func backward(_ pass: inout BackwardPass) {
    mask(pass.context, pass.outputGradient, &pass.inputGradient)
  }

  private func mask(_ context: PassContext, _ values: Span<Float>, _ result: inout MutableSpan<Float>) {
    let (random, width) = (context.random, context.inputShape.count)
    let scale = 1 / (1 - probability)
    for (place, row) in context.rows.enumerated() {
      let numbers = random.stream(row)
      for first in stride(from: 0, to: width, by: 4) {
        let words = numbers.words(at: first / 4)
        for index in first..<min(first + 4, width) {
          let isKept = Float(words[index - first] >> 8) * 0x1p-24 >= probability
          result[place * width + index] = isKept ? values[place * width + index] * scale : 0
        }
      }
    }
  }
}
