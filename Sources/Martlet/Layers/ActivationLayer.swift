import Kernels

/// A layer that is one function of each element, and that a layer before it may compute in its own pass.
protocol ActivationLayer: ImageLayer {
  /// The function.
  var activation: Activation { get }
}

extension ActivationLayer {
  /// The gradient starts from the input.
  public func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: .input) }

  /// Each element by itself.
  public func forward(_ pass: inout ForwardPass) { Kernel.activate(activation, pass.input, into: &pass.output) }

  /// The output's gradient times the derivative at the input.
  public func backward(_ pass: inout BackwardPass) {
    Kernel.activateGradient(
      activation, input: pass.input, outputGradient: pass.outputGradient, into: &pass.inputGradient)
  }

  var keepsLayout: Bool { true }

  func laidOut(input: ImageLayout, output: ImageLayout) -> any Layer { self }
}
