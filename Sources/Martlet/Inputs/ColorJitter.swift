import Kernels
import Requirements

/// Changes an image's brightness and contrast by random factors, in a random order of the two.
///
/// The formulae are those of torchvision's `ColorJitter`, for pixels p of 0…1:
///
/// - brightness: p′ = f·p, with f drawn evenly from max(0, 1 − `brightness`) to 1 + `brightness`;
/// - contrast: p′ = f·p + (1 − f)·g, with f drawn in the same way, and g the mean of the grey image, 0.2989·R + 0.587·G + 0.114·B.
///
/// Results are cut to 0…1. Images are normalised by the time they get here, so both are computed for what pixels have become: each is one
/// factor, one summand and two limits for each channel. Inputs must therefore say how they were normalised, as ``PixelInputs`` do.
///
/// ```swift
/// let jitter = ColorJitter(brightness: 0.4, contrast: 0.2)
/// print(jitter.brightness, jitter.contrast)  // 0.4 0.2
/// ```
public struct ColorJitter: Augmentation, Hashable {
  /// How far the factor of brightness is from 1 at most; 0 leaves brightness alone.
  public let brightness: Float
  /// How far the factor of contrast is from 1 at most; 0 leaves contrast alone.
  public let contrast: Float

  /// Changes of brightness and contrast, each 0 or more.
  public init(brightness: Float = 0, contrast: Float = 0) {
    for value in [brightness, contrast] {
      require(value >= 0 && value.isFinite, "A range of brightness or contrast must be 0 or more, not \(value).")
    }
    self.brightness = brightness
    self.contrast = contrast
  }

  /// Draws the factor of brightness from `context.random.uniform(at: 0)`, that of contrast from 1; contrast comes first if 2 is below a
  /// half.
  public func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
    let isContrastFirst = context.random.uniform(at: 2) < 0.5
    for step in 0..<2 {
      if isContrastFirst == (step == 0) {
        guard contrast > 0 else { continue }
        Self.adjustContrast(&image, context, by: factor(contrast, context.random.uniform(at: 1)))
      } else {
        guard brightness > 0 else { continue }
        Self.adjustBrightness(&image, context, by: factor(brightness, context.random.uniform(at: 0)))
      }
    }
  }

  private func factor(_ range: Float, _ uniform: Float) -> Float {
    let least = max(0, 1 - range)
    return least + uniform * (1 + range - least)
  }

  /// p′ = f·p.
  static func adjustBrightness(_ image: inout MutableSpan<Float>, _ context: AugmentationContext, by factor: Float) {
    blend(&image, context, factor, with: 0)
  }

  /// p′ = f·p + (1 − f)·g.
  static func adjustContrast(_ image: inout MutableSpan<Float>, _ context: AugmentationContext, by factor: Float) {
    let (size, channels) = (context.height * context.width, context.channelCount)
    var grey = 0.0
    for channel in 0..<channels {
      let sum = Kernel.sum(image.span, channel * size..<(channel + 1) * size)
      let (mean, deviation) = statistics(context, channel)
      grey += Self.greyShare(of: channel, channels) * (sum / Double(size) * Double(deviation) + Double(mean))
    }
    blend(&image, context, factor, with: Float(grey))
  }

  /// What a channel counts in the grey image: ITU-R BT.601 for colours, and otherwise all channels alike.
  private static func greyShare(of channel: Int, _ channelCount: Int) -> Double {
    guard channelCount == 3 else { return 1 / Double(channelCount) }
    return channel == 0 ? 0.2989 : channel == 1 ? 0.587 : 0.114
  }

  /// f·p + (1 − f)·`pixel`, cut to 0…1, for pixels p that are normalised.
  private static func blend(
    _ image: inout MutableSpan<Float>, _ context: AugmentationContext, _ factor: Float, with pixel: Float
  ) {
    let size = context.height * context.width
    for channel in 0..<context.channelCount {
      // p = x·s + m, so that x′ = (f·p + (1 − f)·pixel − m) / s = f·x + ((f − 1)·m + (1 − f)·pixel) / s.
      let (mean, deviation) = statistics(context, channel)
      Kernel.rescale(
        &image, channel * size..<(channel + 1) * size, by: factor, plus: (1 - factor) * (pixel - mean) / deviation,
        minimum: context.normalized(0, channel: channel), maximum: context.normalized(1, channel: channel))
    }
  }

  private static func statistics(_ context: AugmentationContext, _ channel: Int) -> (mean: Float, deviation: Float) {
    guard let normalization = context.normalization else {
      fail("Brightness and contrast are those of pixels, and these inputs do not say how their pixels were normalised.")
    }
    return normalization.statistics(of: channel)
  }
}
