// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// All kernels, compiled for one instruction set.
public struct KernelSet: Sendable {
  /// The instruction set's name: `baseline`, `avx2` or `avx512`.
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
  public let depthwiseForward:
    @Sendable (
      DepthwiseGeometry, UnsafePointer<Float>, UnsafePointer<Float>, Bool, UnsafeMutablePointer<Float>
    ) -> Void
  public let depthwiseBackward:
    @Sendable (
      DepthwiseGeometry, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let depthwiseAddGradients:
    @Sendable (
      DepthwiseGeometry, Range<Int>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let maxPoolForward: @Sendable (PoolingGeometry, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  public let maxPoolBackward:
    @Sendable (
      PoolingGeometry, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let rectifyGradient:
    @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let activate: @Sendable (Activation, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let activateGradient:
    @Sendable (Activation, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let add: @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let addRectified:
    @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  public let scale: @Sendable (UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int) -> Void
  public let blend: @Sendable (UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int) -> Void
  public let clamp: @Sendable (UnsafeMutablePointer<Float>, Float, Int) -> Void
  public let normalize: @Sendable (UnsafePointer<UInt8>, Float, Float, UnsafeMutablePointer<Float>, Int) -> Void
  public let descend: @Sendable (DescentArguments) -> Void
  public let adam: @Sendable (AdamArguments) -> Void
  public let coupledAdam: @Sendable (AdamArguments, Float, UnsafeMutablePointer<Float>?) -> Void
  public let rmsprop: @Sendable (RMSpropArguments) -> Void
  public let channelMoments:
    @Sendable (
      UnsafePointer<Float>, ChannelGeometry, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void
  public let combineMoments:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Int>, Int, Int, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let addBlocks: @Sendable (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
  public let channelGradientSums:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, ChannelGeometry, UnsafePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let channelAffine:
    @Sendable (
      UnsafePointer<Float>, ChannelGeometry, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      Activation,
      UnsafeMutablePointer<Float>
    ) -> Void
  public let channelActivationGradient:
    @Sendable (
      UnsafePointer<Float>, ChannelGeometry, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      Activation,
      UnsafeMutablePointer<Float>
    ) -> Void
  public let channelAffineGradient:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, ChannelGeometry, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  public let layerNormForward:
    @Sendable (
      UnsafePointer<Float>, Int, Float, Float, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>
    ) -> Void
  public let layerNormBackward:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, Int, Float, Float, UnsafePointer<Float>?, UnsafeMutablePointer<Float>
    ) -> Void
  public let layerNormAddScaleGradient:
    @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, Int, Float, Float, UnsafeMutablePointer<Float>) -> Void
  public let averagePoolForward:
    @Sendable (AveragePoolingGeometry, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  public let averagePoolBackward:
    @Sendable (AveragePoolingGeometry, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  public let biasGradient:
    @Sendable (UnsafePointer<Float>, Int, Int, Int, Range<Int>, UnsafeMutablePointer<Float>) -> Void

  /// Instantiates each kernel for `vector`, in the target that calls this.
  @inlinable @inline(__always)
  public init<V: KernelVector>(name: String, vector: V.Type) {
    self.name = name
    dotProducts = { LinearKernels<V>.dotProducts($0) }
    rowCombination = { LinearKernels<V>.rowCombination($0) }
    convolutionPrepareWeights = {
      $0.block.isNarrow(V.self)
        ? ConvolutionKernels<V.Narrow>.prepareWeights($0) : ConvolutionKernels<V>.prepareWeights($0)
    }
    convolutionPrepareBias = {
      $0.block.isNarrow(V.self) ? ConvolutionKernels<V.Narrow>.prepareBias($0) : ConvolutionKernels<V>.prepareBias($0)
    }
    convolutionForward = {
      $0.block.isNarrow(V.self) ? ConvolutionKernels<V.Narrow>.forward($0) : ConvolutionKernels<V>.forward($0)
    }
    convolutionKeepInput = {
      $0.block.isNarrow(V.self) ? ConvolutionKernels<V.Narrow>.keepInput($0) : ConvolutionKernels<V>.keepInput($0)
    }
    convolutionKeepGradient = {
      $0.block.isNarrow(V.self) ? ConvolutionKernels<V.Narrow>.keepGradient($0) : ConvolutionKernels<V>.keepGradient($0)
    }
    convolutionBackward = {
      $0.block.isNarrow(V.self) ? ConvolutionKernels<V.Narrow>.backward($0) : ConvolutionKernels<V>.backward($0)
    }
    convolutionClearSums = {
      $0.block.isNarrow(V.self) ? ConvolutionKernels<V.Narrow>.clearSums($0) : ConvolutionKernels<V>.clearSums($0)
    }
    convolutionAddWeightGradient = {
      $0.block.isNarrow(V.self)
        ? ConvolutionKernels<V.Narrow>.addWeightGradient($0) : ConvolutionKernels<V>.addWeightGradient($0)
    }
    convolutionWriteWeightGradient = {
      $0.block.isNarrow(V.self)
        ? ConvolutionKernels<V.Narrow>.writeWeightGradient($0) : ConvolutionKernels<V>.writeWeightGradient($0)
    }
    convolutionAddBiasGradient = {
      $0.block.isNarrow(V.self)
        ? ConvolutionKernels<V.Narrow>.addBiasGradient($0) : ConvolutionKernels<V>.addBiasGradient($0)
    }
    depthwiseForward = { DepthwiseKernels<V>.forward($0, $1, $2, $3, $4) }
    depthwiseBackward = { DepthwiseKernels<V>.backward($0, $1, $2, $3) }
    depthwiseAddGradients = { DepthwiseKernels<V>.addGradients($0, $1, $2, $3, $4) }
    maxPoolForward = { PoolingKernels<V>.forward($0, $1, $2, $3) }
    maxPoolBackward = { PoolingKernels<V>.backward($0, $1, $2, $3, $4) }
    rectifyGradient = { ElementwiseKernels<V>.rectifyGradient($0, $1, $2, $3) }
    activate = { ActivationKernels<V>.activate($0, $1, $2, $3) }
    activateGradient = { ActivationKernels<V>.activateGradient($0, $1, $2, $3, $4) }
    add = { ElementwiseKernels<V>.add($0, $1, $2, $3) }
    addRectified = { ElementwiseKernels<V>.addRectified($0, $1, $2, $3) }
    scale = { ElementwiseKernels<V>.scale($0, $1, $2, $3) }
    blend = { ElementwiseKernels<V>.blend($0, $1, $2, $3) }
    clamp = { ElementwiseKernels<V>.clamp($0, $1, $2) }
    normalize = { ElementwiseKernels<V>.normalize($0, $1, $2, $3, $4) }
    descend = { OptimizerKernels<V>.descend($0) }
    adam = { OptimizerKernels<V>.adam($0) }
    coupledAdam = { OptimizerKernels<V>.coupledAdam($0, weightDecay: $1, maxima: $2) }
    rmsprop = { OptimizerKernels<V>.rmsprop($0) }
    channelMoments = { ChannelKernels<V>.moments($0, $1, $2, $3, $4) }
    combineMoments = {
      ChannelKernels<V>.combineMoments($0, counts: $1, blocks: $2, channels: $3, $4, $5)
    }
    addBlocks = { ChannelKernels<V>.addBlocks($0, blocks: $1, count: $2, $3) }
    channelGradientSums = { ChannelKernels<V>.gradientSums($0, $1, $2, offsets: $3, $4, $5, $6) }
    channelAffine = { ChannelKernels<V>.affine($0, $1, offsets: $2, scales: $3, shifts: $4, activation: $5, $6) }
    channelActivationGradient = {
      ChannelKernels<V>.activationGradient($0, $1, offsets: $2, scales: $3, shifts: $4, activation: $5, $6)
    }
    channelAffineGradient = {
      ChannelKernels<V>.affineGradient($0, $1, $2, offsets: $3, scales: $4, slopes: $5, shifts: $6, $7)
    }
    layerNormForward = { LayerNormKernels<V>.forward($0, $1, mean: $2, inverse: $3, scales: $4, shifts: $5, $6) }
    layerNormBackward = { LayerNormKernels<V>.backward($0, $1, $2, mean: $3, inverse: $4, scales: $5, $6) }
    layerNormAddScaleGradient = { LayerNormKernels<V>.addScaleGradient($0, $1, $2, mean: $3, inverse: $4, $5) }
    averagePoolForward = { AveragePoolingKernels<V>.forward($0, $1, $2, $3) }
    averagePoolBackward = { AveragePoolingKernels<V>.backward($0, $1, $2, $3) }
    biasGradient = { ReductionKernels<V>.biasGradient($0, $1, $2, $3, $4, $5) }
  }
}
