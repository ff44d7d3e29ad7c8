// Public for the targets that compile these kernels; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// The windows of an average pooling along one side of an image.
public struct AverageWindows: Sendable, Equatable {
  public let input: Int
  public let output: Int
  /// Windows of one size a stride apart, or, with a stride of 0, as many as there are outputs, as even as can be.
  public let kernel: Int
  public let stride: Int
  public let padding: Int

  @inlinable
  public init(input: Int, output: Int, kernel: Int = 0, stride: Int = 0, padding: Int = 0) {
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// The inputs in one window.
  @inlinable @inline(__always)
  public func range(_ index: Int) -> Range<Int> {
    if stride == 0 { return index * input / output..<((index + 1) * input + output - 1) / output }
    let start = index * stride - padding
    return max(0, start)..<max(max(0, start), min(input, start + kernel))
  }

  /// What the window divides by along this side, where padding counts as zeros: it ends with the padding.
  @inlinable @inline(__always)
  public func paddedCount(_ index: Int) -> Int {
    stride == 0
      ? range(index).count : min(index * stride - padding + kernel, input + padding) - (index * stride - padding)
  }
}

/// The windows of an average pooling.
public struct AveragePoolingGeometry: Sendable, Equatable {
  public let channels: Int
  public let vertical: AverageWindows
  public let horizontal: AverageWindows
  /// Whether padding counts as zeros; otherwise it does not count.
  public let countsPadding: Bool
  /// The order of the elements of input and output.
  public let layout: ImageLayout

  @inlinable
  public init(
    channels: Int, vertical: AverageWindows, horizontal: AverageWindows, countsPadding: Bool = true,
    layout: ImageLayout = .channelsFirst
  ) {
    self.channels = channels
    self.vertical = vertical
    self.horizontal = horizontal
    self.countsPadding = countsPadding
    self.layout = layout
  }

  @inlinable public var inputCount: Int { channels * vertical.input * horizontal.input }
  @inlinable public var outputCount: Int { channels * vertical.output * horizontal.output }

  /// One over what the window divides by.
  @inlinable @inline(__always)
  public func scale(_ y: Int, _ x: Int) -> Float {
    let count =
      countsPadding
      ? vertical.paddedCount(y) * horizontal.paddedCount(x) : vertical.range(y).count * horizontal.range(x).count
    return 1 / Float(max(1, count))
  }
}

/// Means of windows.
public enum AveragePoolingKernels<V: KernelVector> {
  @inlinable @inline(__always)
  public static func forward(
    _ geometry: AveragePoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    if geometry.layout == .channelsLast { return forwardChannelsLast(geometry, rows, input, output) }
    let width = geometry.horizontal.input
    var target = output
    for plane in 0..<rows * geometry.channels {
      let source = input + plane * geometry.vertical.input * width
      for y in 0..<geometry.vertical.output {
        for x in 0..<geometry.horizontal.output {
          let columns = geometry.horizontal.range(x)
          var total: Float = 0
          for row in geometry.vertical.range(y) {
            total += ChannelKernels<V>.sum(source + (row * width + columns.lowerBound), columns.count)
          }
          target[0] = total * geometry.scale(y, x)
          target += 1
        }
      }
    }
  }

  /// Each window's gradient, shared out evenly among its inputs. Overwrites.
  @inlinable @inline(__always)
  public static func backward(
    _ geometry: AveragePoolingGeometry, _ rows: Int, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let width = geometry.horizontal.input
    inputGradient.update(repeating: 0, count: rows * geometry.inputCount)
    if geometry.layout == .channelsLast {
      return backwardChannelsLast(geometry, rows, outputGradient, inputGradient)
    }
    var source = outputGradient
    for plane in 0..<rows * geometry.channels {
      let target = inputGradient + plane * geometry.vertical.input * width
      for y in 0..<geometry.vertical.output {
        for x in 0..<geometry.horizontal.output {
          let share = source[0] * geometry.scale(y, x)
          source += 1
          for row in geometry.vertical.range(y) {
            for column in geometry.horizontal.range(x) { target[row * width + column] += share }
          }
        }
      }
    }
  }

  // MARK: Channels last: a register holds the same window of some channels.

  @inlinable @inline(__always)
  static func forwardChannelsLast(
    _ geometry: AveragePoolingGeometry, _ rows: Int, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let (channels, width) = (geometry.channels, geometry.horizontal.input)
    var target = output
    for row in 0..<rows {
      let image = input + row * geometry.inputCount
      for y in 0..<geometry.vertical.output {
        for x in 0..<geometry.horizontal.output {
          let (lines, columns) = (geometry.vertical.range(y), geometry.horizontal.range(x))
          let scale = geometry.scale(y, x)
          ChannelKernels<V>.forEachChannel(channels) { channel in
            var total = V.zero
            for line in lines {
              for column in columns {
                total = total.adding(V(loading: image + ((line * width + column) * channels + channel)))
              }
            }
            V.zero.addingProduct(total, V(repeating: scale)).store(to: target + channel)
          } one: { channel in
            var total: Float = 0
            for line in lines {
              for column in columns { total += image[(line * width + column) * channels + channel] }
            }
            target[channel] = total * scale
          }
          target += channels
        }
      }
    }
  }

  /// - Parameter inputGradient: all 0.
  @inlinable @inline(__always)
  static func backwardChannelsLast(
    _ geometry: AveragePoolingGeometry, _ rows: Int, _ outputGradient: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let (channels, width) = (geometry.channels, geometry.horizontal.input)
    var source = outputGradient
    for row in 0..<rows {
      let image = inputGradient + row * geometry.inputCount
      for y in 0..<geometry.vertical.output {
        for x in 0..<geometry.horizontal.output {
          let scale = geometry.scale(y, x)
          let scaleVector = V(repeating: scale)
          for line in geometry.vertical.range(y) {
            for column in geometry.horizontal.range(x) {
              let target = image + (line * width + column) * channels
              ChannelKernels<V>.forEachChannel(channels) { channel in
                V(loading: target + channel).addingProduct(V(loading: source + channel), scaleVector)
                  .store(to: target + channel)
              } one: { channel in
                target[channel] += source[channel] * scale
              }
            }
          }
          source += channels
        }
      }
    }
  }
}
