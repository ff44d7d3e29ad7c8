// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// A convolution over a block of rows (images).
public struct ConvolutionArguments {
  public var geometry: ConvolutionGeometry
  /// (rows, inputChannels, inputHeight, inputWidth); its gradient, in the backward kernel, is `result`.
  public var input: UnsafePointer<Float>
  /// (outputChannels, inputChannels, kernelHeight, kernelWidth).
  public var weight: UnsafePointer<Float>
  /// (outputChannels), or nil for none.
  public var bias: UnsafePointer<Float>?
  /// (rows, outputChannels, outputHeight, outputWidth).
  public var outputGradient: UnsafePointer<Float>
  /// What the kernel writes: outputs, input gradients, or the weight gradients of `channels`.
  public var result: UnsafeMutablePointer<Float>
  /// `geometry.workspaceCount` floats.
  public var workspace: UnsafeMutablePointer<Float>
  public var rows: Int
  /// The output channels whose weight gradients are asked for.
  public var channels: Range<Int>

  @inlinable
  public init(
    geometry: ConvolutionGeometry, input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, outputGradient: UnsafePointer<Float>, result: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, rows: Int, channels: Range<Int>
  ) {
    self.geometry = geometry
    self.input = input
    self.weight = weight
    self.bias = bias
    self.outputGradient = outputGradient
    self.result = result
    self.workspace = workspace
    self.rows = rows
    self.channels = channels
  }
}

/// Direct convolution, with vectors along the output row.
public enum ConvolutionKernels<V: KernelVector> {
  @inlinable @inline(__always)
  static func pack(
    _ image: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    packed.update(repeating: 0, count: geometry.packedCount)
    for channel in 0..<geometry.inputChannels {
      for y in 0..<geometry.inputHeight {
        let source = image + (channel * geometry.inputHeight + y) * geometry.inputWidth
        let target =
          packed
          + (channel * geometry.packedChannelCount + (y + geometry.paddingY) * geometry.packedRowCount)
        if geometry.strideX == 1 {
          // A packed row has room for the whole padded row: its last window ends where the row does.
          (target + geometry.paddingX).update(from: source, count: geometry.inputWidth)
        } else {
          for x in 0..<geometry.inputWidth {
            let column = x + geometry.paddingX
            let position = column / geometry.strideX
            // Columns behind the last window are never read.
            if position < geometry.phaseWidth {
              target[column % geometry.strideX * geometry.phaseWidth + position] = source[x]
            }
          }
        }
      }
    }
  }

  @inlinable @inline(__always)
  static func unpack(
    _ packed: UnsafePointer<Float>, into image: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    for channel in 0..<geometry.inputChannels {
      for y in 0..<geometry.inputHeight {
        let target = image + (channel * geometry.inputHeight + y) * geometry.inputWidth
        let source =
          packed
          + (channel * geometry.packedChannelCount + (y + geometry.paddingY) * geometry.packedRowCount)
        for x in 0..<geometry.inputWidth {
          let column = x + geometry.paddingX
          let position = column / geometry.strideX
          target[x] =
            position < geometry.phaseWidth
            ? source[column % geometry.strideX * geometry.phaseWidth + position] : 0
        }
      }
    }
  }

  /// Copies the output gradients of `channels`, each row padded with zeros to whole registers.
  @inlinable @inline(__always)
  static func padOutputGradient(
    _ gradient: UnsafePointer<Float>, _ channels: Range<Int>, into padded: UnsafeMutablePointer<Float>,
    _ geometry: ConvolutionGeometry
  ) {
    let width = geometry.outputWidth
    for index in 0..<channels.count {
      for y in 0..<geometry.outputHeight {
        let source = gradient + ((channels.lowerBound + index) * geometry.outputHeight + y) * width
        let target = padded + (index * geometry.outputHeight + y) * geometry.paddedOutputWidth
        target.update(from: source, count: width)
        (target + width).update(repeating: 0, count: geometry.paddedOutputWidth - width)
      }
    }
  }
}
