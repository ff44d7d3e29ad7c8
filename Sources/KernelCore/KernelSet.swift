// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// All kernels, compiled for one instruction set.
public struct KernelSet: Sendable {
  /// The instruction set's name: `baseline` or `avx2`.
  public let name: String
  public let dotProducts: @Sendable (DotProductsArguments) -> Void
  public let rowCombination: @Sendable (RowCombinationArguments) -> Void
  public let convolutionPrepareWeights: @Sendable (ConvolutionArguments) -> Void
  public let convolutionPrepareBias: @Sendable (ConvolutionArguments) -> Void
  public let convolutionForward: @Sendable (ConvolutionArguments) -> Void
  public let convolutionKeepInput: @Sendable (ConvolutionArguments) -> Void
  public let convolutionKeepGradient: @Sendable (ConvolutionArguments) -> Void
  public let convolutionBackward: @Sendable (ConvolutionArguments) -> Void
  public let convolutionClearSums: @Sendable (ConvolutionArguments) -> Void
  public let convolutionAddWeightGradient: @Sendable (ConvolutionArguments) -> Void
  public let convolutionWriteWeightGradient: @Sendable (ConvolutionArguments) -> Void
  public let convolutionAddBiasGradient: @Sendable (ConvolutionArguments) -> Void
  public let maxPoolForward: @Sendable (PoolingGeometry, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  public let maxPoolBackward:
    @Sendable (
      PoolingGeometry, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let rectify: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let rectifyGradient:
    @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let add: @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let scale: @Sendable (UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int) -> Void
  public let normalize: @Sendable (UnsafePointer<UInt8>, Float, Float, UnsafeMutablePointer<Float>, Int) -> Void
  public let descend: @Sendable (DescentArguments) -> Void
  public let biasGradient:
    @Sendable (UnsafePointer<Float>, Int, Int, Int, Range<Int>, UnsafeMutablePointer<Float>) -> Void

  /// Instantiates each kernel for `vector`, in the target that calls this.
  @inlinable @inline(__always)
  public init<V: KernelVector>(name: String, vector: V.Type) {
    self.name = name
    dotProducts = { LinearKernels<V>.dotProducts($0) }
    rowCombination = { LinearKernels<V>.rowCombination($0) }
    convolutionPrepareWeights = { ConvolutionKernels<V>.prepareWeights($0) }
    convolutionPrepareBias = { ConvolutionKernels<V>.prepareBias($0) }
    convolutionForward = { ConvolutionKernels<V>.forward($0) }
    convolutionKeepInput = { ConvolutionKernels<V>.keepInput($0) }
    convolutionKeepGradient = { ConvolutionKernels<V>.keepGradient($0) }
    convolutionBackward = { ConvolutionKernels<V>.backward($0) }
    convolutionClearSums = { ConvolutionKernels<V>.clearSums($0) }
    convolutionAddWeightGradient = { ConvolutionKernels<V>.addWeightGradient($0) }
    convolutionWriteWeightGradient = { ConvolutionKernels<V>.writeWeightGradient($0) }
    convolutionAddBiasGradient = { ConvolutionKernels<V>.addBiasGradient($0) }
    maxPoolForward = { PoolingKernels<V>.forward($0, $1, $2, $3) }
    maxPoolBackward = { PoolingKernels<V>.backward($0, $1, $2, $3, $4) }
    rectify = { ElementwiseKernels<V>.rectify($0, $1, $2) }
    rectifyGradient = { ElementwiseKernels<V>.rectifyGradient($0, $1, $2, $3) }
    add = { ElementwiseKernels<V>.add($0, $1, $2, $3) }
    scale = { ElementwiseKernels<V>.scale($0, $1, $2, $3) }
    normalize = { ElementwiseKernels<V>.normalize($0, $1, $2, $3, $4) }
    descend = { OptimizerKernels<V>.descend($0) }
    biasGradient = { ReductionKernels<V>.biasGradient($0, $1, $2, $3, $4, $5) }
  }
}
