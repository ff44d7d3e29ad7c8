import Kernels

/// How a convolution is computed for one size of input.
enum ConvolutionForm {
  /// All channels together, with a border of zeros that is the same on both sides.
  case dense(ConvolutionBlock)
  /// Groups one by one, or all channels with any other border.
  case grouped(GroupedConvolution)
  /// Each channel by itself.
  case depthwise(DepthwiseConvolution)

  var keptCount: Int {
    switch self {
    case .dense(let block): block.keptCount
    case .grouped(let convolution): convolution.keptCount
    case .depthwise(let convolution): convolution.keptCount
    }
  }

  /// Whether what is kept can be made from inputs and output gradients alone.
  var canRemakeKept: Bool {
    switch self {
    case .dense(let block): !block.pools
    case .grouped, .depthwise: false
    }
  }

  /// The images at once where nothing is kept.
  var scratchRows: Int {
    switch self {
    case .dense(let block): block.forwardImages
    case .grouped, .depthwise: 1
    }
  }

  var preparedCount: Int {
    switch self {
    case .dense(let block): block.preparedCount
    case .grouped(let convolution): convolution.preparedCount
    case .depthwise(let convolution): convolution.preparedCount
    }
  }

  var workspaceCount: Int {
    switch self {
    case .dense(let block): block.workspaceCount
    case .grouped(let convolution): convolution.workspaceCount
    case .depthwise(let convolution): convolution.workspaceCount
    }
  }

  /// With what was absorbed.
  var outputHeight: Int {
    switch self {
    case .dense(let block): block.outputHeight
    case .grouped(let convolution): convolution.output.height
    case .depthwise(let convolution): convolution.output.height
    }
  }

  /// With what was absorbed.
  var outputWidth: Int {
    switch self {
    case .dense(let block): block.outputWidth
    case .grouped(let convolution): convolution.output.width
    case .depthwise(let convolution): convolution.output.width
    }
  }

  /// Before pooling.
  var positions: Int {
    switch self {
    case .dense(let block): block.convolution.outputHeight * block.convolution.outputWidth
    case .grouped(let convolution):
      convolution.part.convolution.outputHeight * convolution.part.convolution.outputWidth
    case .depthwise(let convolution): convolution.output.height * convolution.output.width
    }
  }

  func prepareWeights(units: Range<Int>, weight: Span<Float>, prepared: inout MutableSpan<Float>) {
    switch self {
    case .dense(let block): Kernel.prepareWeights(block, units: units, weight: weight, prepared: &prepared)
    case .grouped(let convolution):
      Kernel.prepareWeights(convolution, units: units, weight: weight, prepared: &prepared)
    case .depthwise(let convolution):
      Kernel.prepareWeights(convolution, units: units, weight: weight, prepared: &prepared)
    }
  }

  func prepareBias(units: Range<Int>, bias: Span<Float>, prepared: inout MutableSpan<Float>) {
    switch self {
    case .dense(let block): Kernel.prepareBias(block, units: units, bias: bias, prepared: &prepared)
    case .grouped(let convolution): Kernel.prepareBias(convolution, units: units, bias: bias, prepared: &prepared)
    case .depthwise(let convolution): Kernel.prepareBias(convolution, units: units, bias: bias, prepared: &prepared)
    }
  }

  func forward(_ pass: inout ForwardPass) {
    switch self {
    case .dense(let block):
      Kernel.convolutionForward(
        block, rows: pass.rows, input: pass.input, prepared: pass.packed, output: &pass.output, kept: &pass.saved,
        workspace: &pass.workspace)
    case .grouped(let convolution):
      Kernel.convolutionForward(
        convolution, rows: pass.rows, input: pass.input, prepared: pass.packed, output: &pass.output,
        kept: &pass.saved, workspace: &pass.workspace)
    case .depthwise(let convolution):
      Kernel.convolutionForward(
        convolution, rows: pass.rows, input: pass.input, prepared: pass.packed, output: &pass.output,
        kept: &pass.saved, workspace: &pass.workspace)
    }
  }

  func backward(_ pass: inout BackwardPass) {
    switch self {
    case .dense(let block):
      if pass.remakesSaved {
        Kernel.convolutionKeepInput(block, rows: pass.rows, input: pass.input, kept: &pass.writableSaved)
      }
      Kernel.convolutionKeepGradient(
        block, rows: pass.rows, output: pass.output, outputGradient: pass.outputGradient, kept: &pass.writableSaved)
      guard pass.needsInputGradient else { return }
      Kernel.convolutionBackward(
        block, rows: pass.rows, prepared: pass.packed, kept: pass.saved, inputGradient: &pass.inputGradient,
        workspace: &pass.workspace)
    case .grouped(let convolution):
      Kernel.convolutionKeepGradient(
        convolution, rows: pass.rows, output: pass.output, outputGradient: pass.outputGradient,
        kept: &pass.writableSaved, workspace: &pass.workspace)
      guard pass.needsInputGradient else { return }
      Kernel.convolutionBackward(
        convolution, rows: pass.rows, prepared: pass.packed, kept: pass.saved, inputGradient: &pass.inputGradient,
        workspace: &pass.workspace)
    case .depthwise(let convolution):
      Kernel.convolutionKeepGradient(
        convolution, rows: pass.rows, output: pass.output, outputGradient: pass.outputGradient,
        kept: &pass.writableSaved, workspace: &pass.workspace)
      guard pass.needsInputGradient else { return }
      Kernel.convolutionBackward(
        convolution, rows: pass.rows, prepared: pass.packed, kept: pass.saved, inputGradient: &pass.inputGradient,
        workspace: &pass.workspace)
    }
  }

  func gradient(_ pass: inout GradientPass) {
    let isBias = pass.parameter == 1
    switch self {
    case .dense(let block):
      if isBias {
        pass.gradient.update(repeating: 0)
        Kernel.convolutionAddBiasGradient(
          block, rows: pass.rows, units: pass.units, kept: pass.saved, biasGradient: &pass.gradient)
      } else {
        Kernel.convolutionClearSums(block, units: pass.units, workspace: &pass.workspace)
        Kernel.convolutionAddWeightGradient(
          block, rows: pass.rows, units: pass.units, kept: pass.saved, workspace: &pass.workspace)
        Kernel.convolutionWriteWeightGradient(
          block, units: pass.units, weightGradient: &pass.gradient, workspace: &pass.workspace)
      }
    case .grouped(let convolution):
      if isBias {
        Kernel.convolutionBiasGradient(
          convolution, rows: pass.rows, units: pass.units, kept: pass.saved, biasGradient: &pass.gradient)
      } else {
        Kernel.convolutionWeightGradient(
          convolution, rows: pass.rows, units: pass.units, kept: pass.saved, weightGradient: &pass.gradient,
          workspace: &pass.workspace)
      }
    case .depthwise(let convolution):
      Kernel.convolutionGradient(
        convolution, ofBias: isBias, rows: pass.rows, units: pass.units, kept: pass.saved, gradient: &pass.gradient,
        workspace: &pass.workspace)
    }
  }
}
