// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The order of an image's elements in memory.
public enum ImageLayout: Sendable, Equatable {
  /// (channels, height, width), what layers and users see.
  case channelsFirst
  /// (height, width, channels), what passes between two convolutions.
  case channelsLast
}

/// A convolution together with what a plan has fused to it: a rectifier, and max-pooling over 2×2 windows side by side.
///
/// Kernels work on copies whose channels are last, so that a window's row is one run of memory:
///
/// - the *packed input*, zero-padded: (inputHeight + 2·paddingY, inputWidth + 2·paddingX, inputChannels);
/// - without pooling, the *packed gradient*: the output gradients, `stride` apart, with zeros between and around them, so
///   that the input gradient is a convolution of it: (packedGradientHeight, packedGradientWidth,
///   outputChannels);
/// - with pooling, one *winner* for each pooled output, 0 to 3 in the window's row-major order, and its gradient: both
///   (pooledHeight, pooledWidth, outputChannels). Three outputs in four have no gradient, and cost nothing on the way
///   back.
public struct ConvolutionBlock: Sendable, Equatable {
  public let convolution: ConvolutionGeometry
  /// Whether ReLU follows.
  public let rectifies: Bool
  /// Whether 2×2 max-pooling follows; only for convolutions that are `isDense`, with at least 2×2 outputs.
  public let pools: Bool
  public let inputLayout: ImageLayout
  public let outputLayout: ImageLayout

  @inlinable
  public init(
    _ convolution: ConvolutionGeometry, rectifies: Bool = false, pools: Bool = false,
    inputLayout: ImageLayout = .channelsFirst, outputLayout: ImageLayout = .channelsFirst
  ) {
    self.convolution = convolution
    self.rectifies = rectifies
    self.pools = pools
    self.inputLayout = inputLayout
    self.outputLayout = outputLayout
  }

  @inlinable public var isPossible: Bool {
    convolution.isPossible
      && (!pools || convolution.isDense && min(convolution.outputHeight, convolution.outputWidth) >= 2)
  }

  /// Whether the output channels of one position fill half a register at most, so that registers of half as many lanes do as much.
  ///
  /// All passes of a block ask this, as they agree on the order of its packed weights.
  @inlinable @inline(__always)
  func isNarrow<V: KernelVector>(_: V.Type) -> Bool { 2 * convolution.outputChannels <= V.laneCount }

  /// The block's output: the convolution's, or the pooled one.
  @inlinable public var outputHeight: Int { pools ? convolution.outputHeight / 2 : convolution.outputHeight }
  @inlinable public var outputWidth: Int { pools ? convolution.outputWidth / 2 : convolution.outputWidth }
  @inlinable public var outputPositions: Int { outputHeight * outputWidth }
  @inlinable public var outputCount: Int { outputPositions * convolution.outputChannels }

  // MARK: Packed images. Each ends with room for a register that is read across its end.

  @inlinable public var packedInputHeight: Int { convolution.inputHeight + 2 * convolution.paddingY }
  @inlinable public var packedInputWidth: Int { convolution.inputWidth + 2 * convolution.paddingX }
  @inlinable public var packedInputRow: Int { packedInputWidth * convolution.inputChannels }
  @inlinable public var packedInputCount: Int {
    roundedUpToLanes(packedInputHeight * packedInputRow) + maximumLaneCount
  }

  /// The rows and columns over which one kernel reaches, less one.
  @inlinable public var reachY: Int { convolution.dilationY * (convolution.kernelHeight - 1) }
  @inlinable public var reachX: Int { convolution.dilationX * (convolution.kernelWidth - 1) }

  /// The rows and columns of padding that the kernel does not reach across: outputs there see nothing but padding.
  @inlinable public var skippedY: Int { max(0, convolution.paddingY - reachY) }
  @inlinable public var skippedX: Int { max(0, convolution.paddingX - reachX) }

  @inlinable public var packedGradientHeight: Int { convolution.inputHeight + reachY + 2 * skippedY }
  @inlinable public var packedGradientWidth: Int { convolution.inputWidth + reachX + 2 * skippedX }
  @inlinable public var packedGradientRow: Int { packedGradientWidth * convolution.outputChannels }
  /// Where in the packed gradient the first output lies.
  @inlinable public var gradientOffset: Int {
    max(0, reachY - convolution.paddingY) * packedGradientRow
      + max(0, reachX - convolution.paddingX) * convolution.outputChannels
  }

  @inlinable public var keptGradientCount: Int {
    pools
      ? roundedUpToLanes(outputCount) + maximumLaneCount
      : roundedUpToLanes(packedGradientHeight * packedGradientRow) + maximumLaneCount
  }

  /// What is kept of each image from the forward pass to the weight gradient: the packed input, the gradient, and the
  /// winners.
  @inlinable public var keptCount: Int { packedInputCount + (pools ? 2 : 1) * keptGradientCount }

  /// Where in the kept floats the gradients start.
  @inlinable public var keptGradientOffset: Int { packedInputCount }

  /// Where in the kept floats the winners start.
  @inlinable public var keptWinnersOffset: Int { packedInputCount + keptGradientCount }

  // MARK: Prepared parameters, in the order in which the kernels read them.

  /// The forward weights, (pairs of registers of output channels, kernel elements, lanes).
  @inlinable public var preparedForwardCount: Int {
    convolution.weightsPerChannel * roundedUpToLanes(convolution.outputChannels)
  }

  /// Where the bias starts, padded to registers.
  @inlinable public var preparedBiasOffset: Int { preparedForwardCount }

  /// Where the backward weights start.
  @inlinable public var preparedBackwardOffset: Int {
    preparedForwardCount + roundedUpToLanes(convolution.outputChannels)
  }

  /// One output channel's row of backward weights with pooling: a pixel of zeros, the kernel's row, and zeros.
  @inlinable public var scatterRow: Int {
    roundedUpToLanes((convolution.kernelWidth + 2) * convolution.inputChannels) + maximumLaneCount
  }

  /// One output channel's backward weights with pooling: a row of zeros, the kernel's rows, a row of zeros.
  @inlinable public var scatterChannel: Int { (convolution.kernelHeight + 2) * scatterRow }

  @inlinable public var preparedCount: Int {
    preparedBackwardOffset
      + (pools
        ? convolution.outputChannels * scatterChannel
        : convolution.kernelHeight * convolution.kernelWidth * convolution.outputChannels
          * roundedUpToLanes(convolution.inputChannels))
  }

  // MARK: Scratch memory of one thread.

  /// The runs of memory that one window of the packed input consists of: its rows, or its pixels if they are apart.
  @inlinable public var runCount: Int {
    convolution.dilationX == 1 ? convolution.kernelHeight : convolution.kernelHeight * convolution.kernelWidth
  }

  /// The elements of one run.
  @inlinable public var runLength: Int {
    convolution.inputChannels * (convolution.dilationX == 1 ? convolution.kernelWidth : 1)
  }

  /// One output channel's partial weight gradients: each run, padded to registers.
  @inlinable public var sumsPerChannel: Int { runCount * roundedUpToLanes(runLength) }

  /// The partial gradients of all weights.
  @inlinable public var sumsCount: Int { convolution.outputChannels * sumsPerChannel }

  /// The outputs whose part of the weight gradient is added up at a time, without pooling.
  @inlinable public var denseOutputs: Int { max(192, outputWidth) }

  /// The same with pooling: as many that the inputs which a tile may need of them stay in the first-level cache.
  @inlinable public var pooledOutputs: Int { max(18, 1536 / min(convolution.inputChannels, 192)) }

  /// Whether the inputs and gradients of those outputs are copied side by side before: where many tiles read them, and in their own
  /// places they would fall into few sets of the cache.
  @inlinable func copiesSideBySide(units: Int) -> Bool { !pools && convolution.inputChannels >= 64 && units >= 24 }

  /// Room for such copies: the gradients of all units, and two registers of inputs.
  @inlinable var sideBySideCount: Int {
    copiesSideBySide(units: convolution.outputChannels)
      ? denseOutputs * (convolution.outputChannels + 2 * maximumLaneCount) : 0
  }

  /// The rows of outputs that are computed before they are rectified, pooled and laid out: enough positions that few of them are
  /// left over by tiles, and few enough that they stay in the caches.
  @inlinable public var forwardRows: Int { blockRows(convolution.outputWidth) }

  /// Likewise of input gradients.
  @inlinable public var backwardRows: Int { blockRows(convolution.inputWidth) }

  @inlinable func blockRows(_ width: Int) -> Int { max(2, (96 + 2 * width - 1) / (2 * width) * 2) }

  /// The images whose outputs are computed side by side, if there are as many: small ones, so that weights that were read are used for
  /// many positions.
  @inlinable public var forwardImages: Int { blockImages(convolution.outputCount / convolution.outputChannels) }

  /// Likewise of input gradients.
  @inlinable public var backwardImages: Int { blockImages(convolution.inputCount / convolution.inputChannels) }

  @inlinable func blockImages(_ positions: Int) -> Int { max(1, 200 / positions) }

  /// The floats that one thread needs: the largest of what its three passes need.
  @inlinable public var workspaceCount: Int {
    func products(_ images: Int, _ rows: Int, _ height: Int, _ width: Int, _ channels: Int) -> Int {
      images * min(rows, height) * width * roundedUpToLanes(channels)
    }
    // Blocks of few channels need two rows of them, and their maxima and winners: less than this.
    let forward =
      products(
        forwardImages, forwardRows, max(2, convolution.outputHeight), convolution.outputWidth,
        convolution.outputChannels) + convolution.outputWidth * roundedUpToLanes(convolution.outputChannels)
    let backward =
      pools
      ? packedInputCount + maximumLaneCount
      : products(
        backwardImages, backwardRows, convolution.inputHeight, convolution.inputWidth, convolution.inputChannels)
    return max(forward, backward, sumsCount + sideBySideCount)
  }
}
