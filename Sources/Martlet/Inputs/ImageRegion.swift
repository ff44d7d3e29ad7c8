import Kernels

/// A rectangle of an image's pixels.
public struct ImageRegion: Sendable, Hashable {
  /// The rows, from the top.
  public var rows: Range<Int>
  /// The columns, from the left.
  public var columns: Range<Int>

  /// A rectangle of some rows and columns.
  public init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  /// The number of pixels.
  public var area: Int { rows.count * columns.count }

  /// Sets the region of all channels to `value`.
  func fill(_ image: inout MutableSpan<Float>, _ context: AugmentationContext, with value: Float) {
    let (height, width) = (context.height, context.width)
    for channel in 0..<context.channelCount {
      let lines = channel * height + rows.lowerBound..<channel * height + rows.upperBound
      Kernel.fill(&image, rows: lines, columns: columns, width: width, with: value)
    }
  }
}
