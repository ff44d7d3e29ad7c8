// Public for Martlet's layers; users see none of it.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import KernelCore

/// Some channels of an image, and a copy of them with a border, each in its layout.
public struct PaddingGeometry: Sendable, Equatable {
  /// The image's channels, of which `copiedChannels` from `firstChannel` on are copied.
  public let channels: Int
  public let height: Int
  public let width: Int
  public var firstChannel: Int
  public let copiedChannels: Int
  public let top: Int
  public let bottom: Int
  public let left: Int
  public let right: Int
  public let mode: PaddingMode
  public let layout: ImageLayout
  public let paddedLayout: ImageLayout
  /// The copy's channels: those that are copied, and zeros.
  public let paddedChannels: Int

  public init(
    channels: Int, height: Int, width: Int, copiedChannels: Int? = nil, top: Int = 0, bottom: Int = 0, left: Int = 0,
    right: Int = 0, mode: PaddingMode = .zeros, layout: ImageLayout, paddedLayout: ImageLayout,
    paddedChannels: Int? = nil
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    firstChannel = 0
    self.copiedChannels = copiedChannels ?? channels
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
    self.mode = mode
    self.layout = layout
    self.paddedLayout = paddedLayout
    self.paddedChannels = paddedChannels ?? self.copiedChannels
  }

  public var paddedHeight: Int { top + height + bottom }
  public var paddedWidth: Int { left + width + right }
  public var count: Int { channels * height * width }
  public var paddedCount: Int { paddedChannels * paddedHeight * paddedWidth }

  var isPossible: Bool {
    min(channels, height, width, copiedChannels) >= 1 && min(firstChannel, top, bottom, left, right) >= 0
      && firstChannel + copiedChannels <= channels && paddedChannels >= copiedChannels
      && max(top, bottom) <= mode.widestBorder(length: height)
      && max(left, right) <= mode.widestBorder(length: width)
  }

  /// The geometry of another run of channels.
  func starting(at channel: Int) -> PaddingGeometry {
    var geometry = self
    geometry.firstChannel = channel
    return geometry
  }

  /// Copies one image.
  func pad(_ image: UnsafePointer<Float>, into padded: UnsafeMutablePointer<Float>) {
    forEachPixel { source, target, channels, step, paddedStep in
      let target = padded + target
      if source < 0 {
        for channel in 0..<channels { target[channel * paddedStep] = 0 }
      } else if step == 1 && paddedStep == 1 {
        target.update(from: image + source, count: channels)
      } else {
        for channel in 0..<channels { target[channel * paddedStep] = image[source + channel * step] }
      }
    }
    if paddedChannels == copiedChannels { return }
    let (step, pixel) = paddedLayout == .channelsLast ? (1, paddedChannels) : (paddedHeight * paddedWidth, 1)
    for position in 0..<paddedHeight * paddedWidth {
      for channel in copiedChannels..<paddedChannels { padded[position * pixel + channel * step] = 0 }
    }
  }

  /// Adds each element of a copy to what it is a copy of.
  func add(_ padded: UnsafePointer<Float>, to image: UnsafeMutablePointer<Float>) {
    forEachPixel { source, target, channels, step, paddedStep in
      if source < 0 { return }
      let (from, to) = (padded + target, image + source)
      if step == 1 && paddedStep == 1 {
        for channel in 0..<channels { to[channel] += from[channel] }
      } else {
        for channel in 0..<channels { to[channel * step] += from[channel * paddedStep] }
      }
    }
  }

  /// Calls `body` with the places of a pixel's first channel in the image, or −1, and in the copy, the number of channels, and the
  /// steps from one channel to the next in either. Where both have their channels first, channels come one by one.
  @inline(__always)
  private func forEachPixel(_ body: (Int, Int, Int, Int, Int) -> Void) {
    let isLast = (image: layout == .channelsLast, copy: paddedLayout == .channelsLast)
    let (step, pixel) = isLast.image ? (1, channels) : (height * width, 1)
    let (paddedStep, paddedPixel) = isLast.copy ? (1, paddedChannels) : (paddedHeight * paddedWidth, 1)
    let turns = isLast.image || isLast.copy ? 1 : copiedChannels
    for turn in 0..<turns {
      for y in 0..<paddedHeight {
        let sourceY = mode.source(y - top, length: height)
        for x in 0..<paddedWidth {
          let sourceX = mode.source(x - left, length: width)
          let source =
            sourceY < 0 || sourceX < 0
            ? -1 : (firstChannel + turn) * step + (sourceY * width + sourceX) * pixel
          body(
            source, turn * paddedStep + (y * paddedWidth + x) * paddedPixel, copiedChannels / turns, step, paddedStep)
        }
      }
    }
  }
}
