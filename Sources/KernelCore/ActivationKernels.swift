// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// Activations by themselves. What is left of a register goes through the same code, so that an element's bits do not depend on
/// its place.
public enum ActivationKernels<V: KernelVector> {
  /// `output = f(input)`; `output` may be `input`.
  @inlinable @inline(__always)
  public static func activate(
    _ activation: Activation, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    activation.apply(ActivationValues<V>(input: input, output: output, count: count))
  }

  /// `inputGradient = outputGradient · f′(input)`; the gradients may be the same.
  @inlinable @inline(__always)
  public static func activateGradient(
    _ activation: Activation, _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    activation.apply(
      ActivationGradients<V>(input: input, outputGradient: outputGradient, inputGradient: inputGradient, count: count))
  }
}

@usableFromInline
struct ActivationValues<V: KernelVector>: ActivationUse {
  @usableFromInline let input: UnsafePointer<Float>
  @usableFromInline let output: UnsafeMutablePointer<Float>
  @usableFromInline let count: Int

  @inlinable @inline(__always)
  init(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, count: Int) {
    (self.input, self.output, self.count) = (input, output, count)
  }

  @inlinable @inline(__always)
  func callAsFunction(_ function: some ActivationFunction<V>) {
    var index = 0
    while index + V.laneCount <= count {
      function.value(V(loading: input + index)).store(to: output + index)
      index += V.laneCount
    }
    let rest = count - index
    guard rest > 0 else { return }
    function.value(V(loading: input + index, count: rest)).store(to: output + index, count: rest)
  }
}

@usableFromInline
struct ActivationGradients<V: KernelVector>: ActivationUse {
  @usableFromInline let input: UnsafePointer<Float>
  @usableFromInline let outputGradient: UnsafePointer<Float>
  @usableFromInline let inputGradient: UnsafeMutablePointer<Float>
  @usableFromInline let count: Int

  @inlinable @inline(__always)
  init(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    (self.input, self.outputGradient) = (input, outputGradient)
    (self.inputGradient, self.count) = (inputGradient, count)
  }

  @inlinable @inline(__always)
  func callAsFunction(_ function: some ActivationFunction<V>) {
    var index = 0
    while index + V.laneCount <= count {
      function.gradient(V(loading: outputGradient + index), V(loading: input + index)).store(
        to: inputGradient + index)
      index += V.laneCount
    }
    let rest = count - index
    guard rest > 0 else { return }
    function.gradient(
      V(loading: outputGradient + index, count: rest), V(loading: input + index, count: rest)
    ).store(to: inputGradient + index, count: rest)
  }
}
